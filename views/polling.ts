/**
 * Attributes of a part that renews itself: morphed, so that focus, hover and the video stay; an answer that is
 * an error leaves what is shown as it is, and the page's script says that it is out of date.
 */
export const quietPolling = {
  "hx-trigger": "every 5s",
  "hx-swap": "innerMorph",
  "hx-status:4xx": "swap:none",
  "hx-status:5xx": "swap:none",
} as const;

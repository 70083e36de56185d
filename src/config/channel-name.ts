/**
 * What people may call a channel: something to be seen, on one line. Names stand in pages, lists for players, messages
 * and terminals, where control characters do more than show.
 */
export const channelNamePattern = /^(?=.*[\p{L}\p{N}\p{P}\p{S}])[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+$/u;

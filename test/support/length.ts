/** Whether recordings and outages last as long as in the long series; otherwise they are cut short. */
export const isFullLength = process.env["FULL_LENGTH"] === "1";

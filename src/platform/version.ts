declare const BUILD_VERSION: string | undefined;

/** The version that was built, or `development` when the sources run as they are. */
export const version: string = typeof BUILD_VERSION === "undefined" ? "development" : BUILD_VERSION;

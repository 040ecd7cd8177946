/** A logger to which nobody listens. */
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

import { identityOf } from "../access/identity.ts";

/**
 * Who asks for a job by a request. Never empty, also where nobody has a name (`auth: none`): that is how the queue tells
 * what somebody waits for from what the clock did.
 */
export const whoAsks = (request: Request): string => identityOf(request)?.name || "somebody";

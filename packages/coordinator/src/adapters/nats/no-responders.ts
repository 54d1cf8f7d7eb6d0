import { NoRespondersError, RequestError } from "@nats-io/transport-node";

/** True for the answer to a request to which nobody listens. */
export function isNoResponders(error: unknown): boolean {
	return error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
}

import { JetStreamApiError } from "@nats-io/jetstream";

/** JetStream's code for a stream that is not there. */
const NOT_FOUND = 10059;

/** What JetStream answers, and undefined for a stream that is not there. */
export async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
	try {
		return await asked;
	} catch (error) {
		if (error instanceof JetStreamApiError && error.code === NOT_FOUND) return undefined;
		throw error;
	}
}

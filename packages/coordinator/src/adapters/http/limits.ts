import { ASSET_CHUNK_BYTES, DOCUMENT_LIMITS } from "@rollcall/protocol";
import type { Rate } from "../../rate/rate-limit.ts";

/** Every bound of the API. Bytes, milliseconds and counts. */
export interface ApiLimits {
	readonly bodyBytes: number;
	/** For routes that take a cluster document: `DOCUMENT_LIMITS` of text, escaped as JSON. */
	readonly documentBytes: number;
	/** For the chunks of an upload. */
	readonly chunkBytes: number;
	/** All requests of one remote address. */
	readonly requests: Rate;
	/** Enrollments of one remote address. A rack behind one address boots at once, so this is generous. */
	readonly enrollments: Rate;
	/** Refused credentials and refused enrollments of one remote address. */
	readonly refusals: Rate;
	/** Enrollments at the same time: as many as are served within that time, half of what an agent waits for an answer, and a few in any case. */
	readonly joining: { readonly patienceMs: number; readonly atLeast: number };
	/** Requests of one token that make the coordinator render the whole fleet. */
	readonly costly: Rate;
	/** Remote addresses that are remembered at the same time, per rate. */
	readonly addresses: number;
	readonly connections: number;
	readonly headerBytes: number;
	readonly headersTimeoutMs: number;
	readonly requestTimeoutMs: number;
	readonly keepAliveTimeoutMs: number;
	/** How often half-open connections are looked for. */
	readonly connectionCheckMs: number;
	/** How long an agent may take to answer a command. */
	readonly commandTimeoutMs: number;
	readonly readers: number;
	readonly frameBytes: number;
	/** What may wait to be sent to one reader of the event stream, in bytes and in events, before it is read from the log again later. */
	readonly readerBytes: number;
	readonly readerEvents: number;
	/** A reader that takes nothing for so long, while something waits for it, is dropped. */
	readonly readerStallMs: number;
	/** How long a dropped reader has to read why. */
	readonly readerCloseMs: number;
	readonly pingMs: number;
	/** Events per read of the log. */
	readonly pageEvents: number;
	/** Events that one filtered `GET /v1/events` looks at. */
	readonly scanEvents: number;
}

export const DEFAULT_LIMITS: ApiLimits = {
	bodyBytes: 64 * 1024,
	documentBytes: 2 * DOCUMENT_LIMITS.characters,
	chunkBytes: ASSET_CHUNK_BYTES,
	requests: { burst: 4000, perSecond: 2000 },
	enrollments: { burst: 2000, perSecond: 500 },
	refusals: { burst: 60, perSecond: 5 },
	joining: { patienceMs: 5_000, atLeast: 64 },
	costly: { burst: 10, perSecond: 2 },
	addresses: 4096,
	connections: 16_384,
	headerBytes: 16 * 1024,
	headersTimeoutMs: 10_000,
	requestTimeoutMs: 20_000,
	keepAliveTimeoutMs: 30_000,
	connectionCheckMs: 2_000,
	commandTimeoutMs: 5_000,
	readers: 256,
	frameBytes: 1024,
	readerBytes: 1024 * 1024,
	readerEvents: 1000,
	readerStallMs: 10_000,
	readerCloseMs: 5_000,
	pingMs: 15_000,
	pageEvents: 500,
	scanEvents: 20_000,
};

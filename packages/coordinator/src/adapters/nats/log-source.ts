import type { Log } from "../../ports/log.ts";
import type { BusConnection } from "./connect.ts";
import { openLog } from "./log.ts";
import type { StreamOptions } from "./stream.ts";

/** Opens the event log, as often as it is lost. */
export interface LogSource {
	/** Opens the log, and creates it where there is none. Throws what `openLog` throws. */
	open(): Promise<Log>;
	/** Names the log that was opened last; undefined before the first. */
	origin(): string | undefined;
}

/** The event log on this connection. */
export function logSource(connection: BusConnection, options: StreamOptions): LogSource {
	let origin: string | undefined;
	return {
		async open() {
			const log = await openLog(connection, options);
			origin = await log.origin();
			return log;
		},
		origin: () => origin,
	};
}

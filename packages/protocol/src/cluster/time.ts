import { z } from "zod";

/** A time server: a DNS name or an address. */
const SERVER = "a time server is a DNS name or an address, without a port";
const TimeServer = z.union([
	z.ipv4(SERVER),
	z.ipv6(SERVER),
	z
		.string()
		.max(253)
		.regex(
			/^(?=.*[A-Za-z])(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
			SERVER,
		),
]);

/** Where machines get the time from (NTP). */
export const Time = z.strictObject({ servers: z.array(TimeServer).min(1).max(8) });

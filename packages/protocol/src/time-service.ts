import { z } from "zod";

/**
 * The files in which an agent names time servers, and no others; built into it. A drop-in of systemd-timesyncd (timesyncd.conf(5)), and sources
 * of chrony (chrony.conf(5), `sourcedir`) in the folders that Debian's and Fedora's configurations name.
 */
export const TIME_PATHS = [
	"/etc/chrony/sources.d/rollcall.sources",
	"/run/chrony-dhcp/rollcall.sources",
	"/run/systemd/timesyncd.conf.d/50-rollcall.conf",
] as const;
const TimePath = z.enum(TIME_PATHS);
const TimeUnit = z.enum(["chrony.service", "chronyd.service", "systemd-timesyncd.service"]);

/** The service that sets a machine's clock, and the file in which it looks for servers beside its own. */
export const TimeService = z.strictObject({ kind: z.enum(["timesyncd", "chrony"]), unit: TimeUnit, path: TimePath });
export type TimeService = z.infer<typeof TimeService>;

/** Such a file, and the unit that reads it when it starts. */
export const TimeFile = z.strictObject({ path: TimePath, content: z.string().max(4096), unit: TimeUnit });
export type TimeFile = z.infer<typeof TimeFile>;

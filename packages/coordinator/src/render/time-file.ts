import type { ClusterDocument, Facts, TimeFile } from "@rollcall/protocol";

/**
 * The document's time servers for a machine's own time service: a drop-in of systemd-timesyncd (timesyncd.conf(5), `NTP=`), or sources of
 * chrony (chrony.conf(5), `sourcedir`), whose files end in `.sources`. Undefined where none are declared, or the machine has no such service.
 */
export function timeFile(
	{ time }: Pick<ClusterDocument, "time">,
	{ timeService }: Pick<Facts, "timeService">,
): TimeFile | undefined {
	if (!time || !timeService) return undefined;
	const { kind, unit, path } = timeService;
	const { servers } = time;
	const content =
		kind === "timesyncd"
			? `[Time]\nNTP=${servers.join(" ")}\n`
			: servers.map((server) => `server ${server} iburst\n`).join("");
	return { path, unit, content };
}

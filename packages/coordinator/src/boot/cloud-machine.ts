import { AGENT_PATHS, agentUnit } from "./agent-unit.ts";
import { cloudConfigText } from "./cloud-init.ts";
import { agentConfigText, type MachineBoot } from "./ignition/own-part.ts";

const FETCHER = "/opt/rollcall/bin/fetch-agent";

/** Fetches the agent and checks it before it may run. Its arguments are the URL and the SHA-512 of the unpacked program. */
const FETCH_SCRIPT = `#!/bin/sh
set -eu
url=$1
sum=$2
to=${AGENT_PATHS.binary}
fetch() {
	if command -v curl >/dev/null; then curl -fsSL --retry 10 --retry-all-errors -o "$2" "$1"; else wget -q -t 10 -O "$2" "$1"; fi
}
fetch "$url" "$to.gz"
gunzip -c "$to.gz" >"$to.new"
rm "$to.gz"
if ! echo "$sum  $to.new" | sha512sum -c - >/dev/null; then
	rm "$to.new"
	echo "rollcall: the agent from $url is not the one that was meant (SHA-512)" >&2
	exit 1
fi
chmod 0755 "$to.new"
mv "$to.new" "$to"
`;

/** The `user-data` of a machine that is set up by cloud-init: what Ignition brings elsewhere. */
export function cloudMachineText(machine: MachineBoot, packages: readonly string[]): string {
	const { agent } = machine;
	return cloudConfigText({
		...(machine.hostname === undefined ? {} : { hostname: machine.hostname }),
		users: machine.users,
		packages,
		files: [
			...machine.network.map((unit) => ({
				path: `/etc/systemd/network/${unit.name}`,
				mode: "0644",
				content: unit.contents,
			})),
			...(agent
				? [
						{ path: FETCHER, mode: "0755", content: FETCH_SCRIPT },
						{ path: `/etc/systemd/system/${AGENT_PATHS.unit}`, mode: "0644", content: agentUnit() },
						{ path: AGENT_PATHS.config, mode: "0600", content: agentConfigText(agent) },
						{ path: AGENT_PATHS.token, mode: "0600", content: `${agent.enrollToken}\n` },
					]
				: []),
		],
		commands: agent
			? [
					[FETCHER, agent.download.url, agent.download.sha512],
					["systemctl", "daemon-reload"],
					["systemctl", "enable", "--now", AGENT_PATHS.unit],
				]
			: [],
	});
}

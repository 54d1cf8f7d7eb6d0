import type { BootUser, IgnitionConfig, IgnitionFile, NetworkUnit } from "@rollcall/protocol";
import { AGENT_PATHS, agentUnit } from "../agent-unit.ts";
import { dataUrl } from "../data-url.ts";

/** Where the agent is had from, gzip-compressed, and the SHA-512 (hexadecimal) of what is in it. */
interface AgentDownload {
	readonly url: string;
	readonly sha512: string;
}

/** What a machine gets to bring up the agent. The token is the only secret, good once and for minutes. */
export interface AgentBoot {
	readonly download: AgentDownload;
	/** Base URLs of the coordinators' API. */
	readonly coordinators: readonly string[];
	/** The public nkeys of the fleet: the agent believes nothing that none of them signed. */
	readonly signers: readonly string[];
	/** The authorities that certificates of coordinators and of the bus are by, PEM. Absent: those that everybody knows. */
	readonly authority?: string | undefined;
	readonly enrollToken: string;
}

/** What rollcall itself puts on a machine. */
export interface MachineBoot {
	readonly hostname?: string | undefined;
	readonly users: readonly BootUser[];
	readonly network: readonly NetworkUnit[];
	readonly agent?: AgentBoot | undefined;
}

/** The agent's configuration file (`AgentConfig` of the agent). */
export function agentConfigText(agent: AgentBoot): string {
	const { coordinators, signers, authority } = agent;
	return `${JSON.stringify({ coordinators, signers, authority, tokenFile: AGENT_PATHS.token }, null, "\t")}\n`;
}

/** The part of a machine's Ignition configuration that is not the operator's. Spec 3.0 is enough for it. */
export function ownIgnitionPart(machine: MachineBoot): IgnitionConfig {
	const files = [
		...(machine.hostname === undefined ? [] : [textFile("/etc/hostname", 0o644, `${machine.hostname}\n`)]),
		...machine.network.map((unit) => textFile(`/etc/systemd/network/${unit.name}`, 0o644, unit.contents)),
		...(machine.agent ? agentFiles(machine.agent) : []),
	];
	return {
		ignition: { version: "3.0.0" },
		...(files.length > 0 ? { storage: { files } } : {}),
		...(machine.agent
			? { systemd: { units: [{ name: AGENT_PATHS.unit, enabled: true, contents: agentUnit() }] } }
			: {}),
		...(machine.users.length > 0
			? {
					passwd: {
						users: machine.users.map((user) => ({
							name: user.name,
							sshAuthorizedKeys: user.sshKeys,
							...(user.groups.length > 0 ? { groups: user.groups } : {}),
						})),
					},
				}
			: {}),
	};
}

function agentFiles(agent: AgentBoot): IgnitionFile[] {
	return [
		{
			path: AGENT_PATHS.binary,
			mode: 0o755,
			overwrite: true,
			contents: {
				source: agent.download.url,
				compression: "gzip",
				// Of the decompressed content, as Ignition wants it.
				verification: { hash: `sha512-${agent.download.sha512}` },
			},
		},
		textFile(AGENT_PATHS.config, 0o600, agentConfigText(agent)),
		textFile(AGENT_PATHS.token, 0o600, `${agent.enrollToken}\n`),
	];
}

/** The compression is named so that a merge cannot bring in another part's. */
function textFile(path: string, mode: number, content: string): IgnitionFile {
	return { path, mode, overwrite: true, contents: { source: dataUrl(content), compression: "" } };
}

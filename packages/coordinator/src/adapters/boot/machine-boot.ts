import { type BootDocument, ownValue } from "@rollcall/protocol";
import { findingText } from "../../boot/finding.ts";
import type { NamedPart } from "../../boot/ignition/compose.ts";
import type { MachineBoot } from "../../boot/ignition/own-part.ts";
import { readIgnitionPart } from "../../boot/ignition/parts.ts";
import { networkUnits } from "../../boot/match.ts";
import { agentAssetName } from "./agent-assets.ts";
import { type Asked, type Chosen, Refusal } from "./answers.ts";
import type { BootCore } from "./boot-core.ts";

/** Reads the operator's parts once per document. */
export class PartReader {
	readonly #read = new WeakMap<BootDocument, Map<string, NamedPart>>();

	/** The parts of a profile, in its order. Throws Refusal with what is wrong with one. */
	parts(document: BootDocument, names: readonly string[]): NamedPart[] {
		const known = this.#read.get(document) ?? new Map<string, NamedPart>();
		this.#read.set(document, known);
		return names.map((name) => {
			const before = known.get(name);
			if (before) return before;
			const part = ownValue(document.parts, name);
			if (!part) throw new Refusal(500, `part ${name} is not declared`);
			const read = readIgnitionPart(part);
			if (!read.ok) throw new Refusal(500, `part ${name}: ${read.findings.map(findingText).join("; ")}`);
			const named = { name, config: read.config };
			known.set(name, named);
			return named;
		});
	}
}

/** What a machine gets. Throws Refusal where there is no agent to give. */
export function machineBoot(core: BootCore, asked: Asked, how: { chosen: Chosen; base: string }): MachineBoot {
	const document = core.document();
	const { chosen, base } = how;
	const hostname = asked.known?.nodeName;
	const named = new Set(document.users.map(({ name }) => name));
	const users = [...document.users, ...core.users().filter(({ name }) => !named.has(name))];
	const common = {
		...(hostname ? { hostname } : {}),
		users,
		network: networkUnits(document, asked.query.request, asked.known),
	};
	if (chosen.enrollToken === undefined) return common;
	const agent = agentFor(core, asked);
	const download = { url: `${base}/assets/${agent.asset}`, sha512: agent.sha512 };
	const { enrollToken } = chosen;
	return {
		...common,
		agent: {
			download,
			coordinators: core.coordinators(),
			signers: core.signers(),
			authority: core.authority(),
			enrollToken,
		},
	};
}

/** The agent for a machine's architecture. Throws Refusal: another architecture's would not start, and nobody would see why. */
export function agentFor(core: BootCore, { query: { request }, known }: Asked): { asset: string; sha512: string } {
	const arch = request.arch ?? known?.facts?.cpu.arch ?? "x64";
	if (arch === "other") {
		const said = request.labels.buildarch ?? request.labels.arch ?? "this architecture";
		throw new Refusal(
			404,
			`there is no agent for ${said}, only for x64 and arm64; give it a profile with agent: false`,
		);
	}
	const agent = core.agent(arch);
	if (!agent) throw new Refusal(503, `there is no agent for ${arch} among the assets; add ${agentAssetName(arch)}`);
	return agent;
}

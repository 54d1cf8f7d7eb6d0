import { BootDocument, BootRequest, type Profile } from "@rollcall/protocol";
import { inputSchema } from "../document/json-schema.ts";
import { readYaml } from "../document/read-yaml.ts";
import { explainIssues, otherKind } from "../document/schema-findings.ts";
import { privateKeys } from "../document/ssh-key.ts";
import { Unencodable } from "../errors.ts";
import { profileScript } from "./boot-script.ts";
import { selectorProblems } from "./check-selectors.ts";
import type { Finding } from "./finding.ts";
import { composeIgnition, type NamedPart } from "./ignition/compose.ts";
import { ownIgnitionPart } from "./ignition/own-part.ts";
import { readIgnitionPart } from "./ignition/parts.ts";
import { unitContentFault } from "./ignition/unit-content.ts";
import { openAddresses } from "./open-addresses.ts";

/** A boot document that machines can be served from, or everything that is wrong with it. */
export type ReadBootDocument =
	| { readonly ok: true; readonly document: BootDocument }
	| { readonly ok: false; readonly findings: readonly Finding[] };

/** A machine with the longest values, to try a document on. */
const EXAMPLE = BootRequest.parse({
	labels: {},
	mac: "02:00:00:00:00:01",
	uuid: "00000000-0000-4000-8000-000000000001",
});

/**
 * Reads a boot document from YAML and tries it: every part is read, every profile's script and Ignition configuration is
 * made once, so that what cannot be served is found when it is declared, with its line, and not when a machine boots.
 */
export function readBootDocument(text: string): ReadBootDocument {
	const yaml = readYaml(text);
	if (!yaml.ok) {
		const findings = yaml.findings.map(({ path, message, suggestion }) => ({
			path,
			message: suggestion === undefined ? message : `${message}; ${suggestion}`,
		}));
		return { ok: false, findings };
	}
	const locate = (finding: Finding & { readonly atKey?: true }): Finding => ({
		...finding,
		...yaml.locate(finding.path, finding.atKey),
	});
	const other = otherKind(yaml.value, "Boot");
	if (other) return { ok: false, findings: [locate(other)] };
	const parsed = BootDocument.safeParse(yaml.value);
	if (!parsed.success) {
		const origin = { schema: inputSchema(BootDocument), source: yaml.source };
		const findings = explainIssues(parsed.error.issues.slice(0, 64), yaml.value, origin);
		return { ok: false, findings: findings.map(locate) };
	}
	const findings = bootProblems(parsed.data);
	return findings.length > 0 ? { ok: false, findings: findings.map(locate) } : { ok: true, document: parsed.data };
}

/** What of a document could not be served to any machine. */
export function bootProblems(document: BootDocument): Finding[] {
	const parts = new Map<string, NamedPart>();
	const findings: Finding[] = [
		...selectorProblems(document),
		...networkProblems(document),
		...openAddresses(document),
		...privateKeys(document.users),
	];
	for (const [name, part] of Object.entries(document.parts)) {
		const read = readIgnitionPart(part);
		if (read.ok) parts.set(name, { name, config: read.config });
		// Lines of a part count from its own first one.
		else findings.push(...read.findings.map((finding) => partFinding(name, finding)));
	}
	document.profiles.forEach((profile, index) => {
		const reason = scriptProblem(profile) ?? ignitionProblem(profile, document, parts);
		if (reason !== undefined) findings.push({ path: ["profiles", index], message: reason });
	});
	return findings;
}

/** What systemd-networkd would not read of a unit, or would use for nothing. */
function networkProblems({ network }: BootDocument): Finding[] {
	return network.flatMap(({ name, contents }, index) => {
		const fault = unitContentFault(contents);
		const path = ["network", index, "contents"];
		if (fault !== undefined) return [{ path, message: fault }];
		if (name.endsWith(".netdev") || /^\s*\[Match\]\s*$(?:\s*(?:[#;].*)?$)*\s*[A-Za-z]+\s*=/m.test(contents)) return [];
		return [
			{ path, message: "no [Match] with a condition, so networkd uses it for nothing (Name=* is every interface)" },
		];
	});
}

function partFinding(name: string, finding: Finding): Finding {
	const line = finding.line === undefined ? "" : `its line ${finding.line}, `;
	const suggestion = finding.suggestion ? ` (${finding.suggestion})` : "";
	return { path: ["parts", name], message: `${line}${finding.path.join(".")}: ${finding.message}${suggestion}` };
}

function scriptProblem(profile: Profile): string | undefined {
	try {
		// As long as a real boot token.
		profileScript(profile, {
			base: "http://255.255.255.255:65535",
			request: EXAMPLE,
			labels: [],
			token: "x".repeat(300),
		});
		return undefined;
	} catch (error) {
		if (error instanceof Unencodable) return error.message;
		throw error;
	}
}

function ignitionProblem(profile: Profile, document: BootDocument, parts: Map<string, NamedPart>): string | undefined {
	if (!profile.ignition) return undefined;
	const wanted = profile.ignition.parts.flatMap((name) => parts.get(name) ?? []);
	const agent = {
		download: { url: "http://192.0.2.1/agent.gz", sha512: "0".repeat(128) },
		coordinators: ["http://192.0.2.1"],
		signers: [],
		enrollToken: "x",
	};
	const own = ownIgnitionPart({
		users: document.users,
		// A machine gets one of each name.
		network: [...new Map(document.network.map((unit) => [unit.name, unit])).values()],
		...(profile.agent ? { agent } : {}),
	});
	const composed = composeIgnition(own, wanted, profile.ignition.version);
	return composed.ok ? undefined : composed.reason;
}

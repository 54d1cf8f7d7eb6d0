import { check, DOCUMENT_LIMITS, Facts, Labels } from "@rollcall/protocol";
import type { Command } from "commander";
import { Failure, failureOf, usageFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { readTextFile } from "../files/read-text.ts";
import { unseenAssets } from "../offline/unseen-assets.ts";
import { writeTree } from "../offline/write-tree.ts";
import { printJson, printLines, type Run, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { collectLabel } from "./values.ts";

/** Shown below the help of `rollcall render`. */
const RENDER_NODE_HELP = `
FACTS.json holds a machine's facts, or all of \`rollcall show MACHINE -o json\`. Seats of control planes and etcd that no
--other machine fills are filled with made-up ones, which are named on stderr. Keys and certificates are not part of a tree.

Examples:
  rollcall render -f deploy/examples/three-nodes.yaml --role worker --machine deploy/examples/facts.json --out tree
  rollcall render -f ha.yaml --role control-plane --machine a.json --other b.json --other c.json --out tree
  rollcall render dnsmasq --help`;

interface Options {
	readonly file?: string;
	readonly role?: string;
	readonly machine?: string;
	readonly other?: readonly string[];
	readonly label?: Record<string, string>;
	readonly out?: string;
}

const MOST_BYTES = 512 * 1024;

/** Adds to `rollcall render` what renders a machine's tree; the options are those of the command itself. */
export function addRenderNode(render: Command, run: Run): void {
	render
		.option("-f, --file <file>", "the cluster document; - reads stdin")
		.option("--role <role>", "the role that the machine gets")
		.option("--machine <file>", "its facts, JSON")
		.option("--other <file>", "facts of another machine of the fleet; can be repeated", collect)
		.option("--label <key=value>", "a label of the machine; can be repeated", collectLabel)
		.option("--out <dir>", "write the tree there; the folder must be empty or not be there")
		.addHelpText("after", RENDER_NODE_HELP)
		.action((options: Options, command) => run(command, (session) => renderNode(session, options)));
}

async function renderNode(session: Session, options: Options): Promise<undefined> {
	const { file, role, machine, out } = options;
	const missing = Object.entries({ file, role, machine, out }).find(([, value]) => value === undefined)?.[0];
	if (!file || !role || !machine || !out)
		throw usageFailure(`--${missing}: it is needed`, "`rollcall render --help` shows examples");
	const text = await readTextFile(file, DOCUMENT_LIMITS.characters);
	const others = await Promise.all((options.other ?? []).map(readFacts));
	const facts = await readFacts(machine);
	const { parseDocument, renderOffline } = await import("../offline/core.ts");
	const unseen = unseenAssets();
	const parsed = parseDocument(text, unseen.assets);
	if (!parsed.ok) throw failureOf(parsed.problem);
	const { document } = parsed;
	const labels = check(Labels, options.label ?? {}, "--label");
	if (!labels.ok) throw failureOf(labels.problem);
	const tree = renderOffline({ document, role, machine: { facts, labels: labels.value }, others });
	if (!tree.ok) {
		const next = "correct the document, or name another machine or role";
		throw new Failure(`${machine}: ${tree.reason}`, { exit: EXIT.failed, next });
	}
	for (const warning of [...parsed.warnings, ...unseen.warnings()]) tell(session.err, `rollcall: ${warning}`);
	if (tree.standIns.length > 0) {
		const names = tree.standIns.join(", ");
		tell(session.err, `rollcall: made up, since no --other machine has these seats: ${names}`);
	}
	const { content, machineId, digest, standIns } = tree;
	await writeTree(out, content.files);
	if (session.json) printJson(session, { machineId, digest, content, standIns });
	else {
		const counts = `${content.files.length} files, ${content.units.length} units, ${content.probes.length} probes`;
		printLines(session, [
			`${content.nodeName}: ${content.role}, slot ${content.slot}: ${counts} in ${out}`,
			...content.artifacts.map(({ path, urls }) => `not fetched: ${path} (${urls[0]})`),
		]);
	}
	return undefined;
}

/** Reads facts: the object itself, or the answer of `rollcall show -o json` that holds it. Throws Failure. */
async function readFacts(path: string): Promise<Facts> {
	const text = await readTextFile(path, MOST_BYTES);
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw usageFailure(`${path}: it is not JSON`);
	}
	const inner = typeof value === "object" && value !== null && "facts" in value ? value.facts : value;
	const facts = check(Facts, inner, path);
	if (!facts.ok) throw failureOf(facts.problem);
	return facts.value;
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
	return [...before, text];
}

import { Failure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readTextFile } from "../files/read-text.ts";
import { unseenAssets } from "../offline/unseen-assets.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { printable } from "../text/printable.ts";

const MOST_BYTES = 512 * 1024;
const AFTER = `
Asks no coordinator, and is as strict as one: what passes here is taken by \`apply\` and at a coordinator's start, but for the assets that a cluster document names: only their coordinator knows them. A file that says
kind: Boot is a boot document, one with a dataFolder a coordinator's configuration, any other a cluster document. Ends with 2 when
something is wrong, with all findings, each with its line.

Examples:
  rollcall validate cluster.yaml
  rollcall validate boot.yaml -o json
  rollcall validate -`;

/** `rollcall validate FILE`. */
export const addValidate: AddCommand = (program, run) => {
	program
		.command("validate")
		.description("check a cluster document, a boot document or a configuration, without a coordinator")
		.argument("<file>", "the file; - reads stdin")
		.addHelpText("after", AFTER)
		.action((file: string, _options, command) => run(command, (session) => validate(session, file)));
};

async function validate(session: Session, file: string): Promise<ExitCode> {
	const { kind, findings, warnings } = await check(await readTextFile(file, MOST_BYTES));
	const name = file === "-" ? "stdin" : file;
	const ok = findings.length === 0;
	if (session.json) {
		printJson(session, { file: name, kind, ok, findings, warnings });
		return ok ? EXIT.ok : EXIT.usage;
	}
	for (const warning of warnings) tell(session.err, `rollcall: ${name}: warning: ${printable(warning)}`);
	if (!ok)
		throw new Failure(`${name}: this ${kind} is not valid`, {
			exit: EXIT.usage,
			details: findings,
			next: "correct it and check again",
		});
	tell(session.out, `${name}: this ${kind} is valid`);
	return EXIT.ok;
}

interface Checked {
	readonly kind: "cluster document" | "boot document" | "coordinator's configuration";
	readonly findings: readonly string[];
	readonly warnings: readonly string[];
}

/** Checks a file as what it says that it is, with the coordinator's own functions. */
async function check(text: string): Promise<Checked> {
	const core = await import("../offline/core.ts");
	const yaml = core.readYaml(text);
	const value = (yaml.ok ? yaml.value : undefined) as { kind?: unknown; dataFolder?: unknown } | null | undefined;
	if (value?.kind === "Boot") {
		const read = core.readBootDocument(text);
		return { kind: "boot document", findings: read.ok ? [] : read.findings.map(core.findingText), warnings: [] };
	}
	if (value?.dataFolder !== undefined) {
		const read = core.checkSettings(core.CoordinatorConfig, text);
		return { kind: "coordinator's configuration", findings: read.ok ? [] : read.findings, warnings: [] };
	}
	const { assets, warnings } = unseenAssets();
	const read = core.parseDocument(text, assets);
	if (read.ok) return { kind: "cluster document", findings: [], warnings: [...read.warnings, ...warnings()] };
	const details = read.problem.details ?? [];
	const findings = details.map(({ path, message, suggestion }) => {
		return `${path ? `${path}: ` : ""}${message}${suggestion ? ` (${suggestion})` : ""}`;
	});
	return { kind: "cluster document", findings, warnings: [] };
}

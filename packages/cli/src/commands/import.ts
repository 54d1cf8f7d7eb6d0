import { stringify } from "yaml";
import { Failure, failureOf, usageFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { newFile } from "../files/new-file.ts";
import { readTextFolder } from "../files/read-folder.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";

const AFTER = `
DIR is matchbox's data folder: groups/, profiles/ and ignition/. What is left out is named on stderr, and the command then ends with 1;
the rest boots as it did; then set \`agent: true\` on a profile to let its machines answer the roll call. docs/boot.md tells what differs.

Examples:
  rollcall import matchbox /var/lib/matchbox > boot.yaml
  rollcall import matchbox /var/lib/matchbox --out boot.yaml`;

/** `rollcall import matchbox DIR`. */
export const addImport: AddCommand = (program, run) => {
	program
		.command("import")
		.description("boot documents from what other programs used")
		.addHelpText("after", "\nExample:\n  rollcall import matchbox /var/lib/matchbox --out boot.yaml")
		.command("matchbox")
		.description("a boot document from a matchbox data folder")
		.argument("<dir>", "matchbox's data folder")
		.option("--out <file>", "write the document there; the file must not exist yet")
		.addHelpText("after", AFTER)
		.action((dir: string, options: { out?: string }, command) =>
			run(command, (session) => importFolder(session, dir, options.out)),
		);
};

async function importFolder(session: Session, dir: string, out: string | undefined): Promise<undefined> {
	const files = await readTextFolder(dir, ["groups", "profiles", "ignition"]);
	if (files.size === 0)
		throw usageFailure(`${dir}: no groups/, profiles/ or ignition/ with files in it`, "name matchbox's data folder");
	const { findingText, importMatchbox, readBootDocument } = await import("../offline/core.ts");
	const imported = importMatchbox(files);
	if (!imported.ok) throw failureOf(imported.problem);
	const { document, leftOut, remarks } = imported;
	const text = stringify(document, { lineWidth: 0 });
	const tried = readBootDocument(text);
	if (!tried.ok) {
		throw new Failure(`${dir}: what it says cannot be served`, {
			exit: EXIT.usage,
			details: tried.findings.slice(0, 64).map(findingText),
			next: "correct these in the folder, or leave them out of it",
		});
	}
	for (const remark of remarks) tell(session.err, `rollcall: ${remark}`);
	for (const lost of leftOut) tell(session.err, `rollcall: left out: ${lost}`);
	if (out !== undefined) {
		await using file = await newFile(out);
		await file.writeFile(text);
	}
	if (session.json) printJson(session, { document, leftOut, remarks });
	else if (out === undefined) session.out.document(text);
	const { profiles, groups, parts } = document;
	const counts = `${profiles.length} profiles, ${groups.length} groups, ${Object.keys(parts).length} Ignition parts`;
	tell(session.err, `${counts}${remarks.length > 0 ? `; ${remarks.length} remarks` : ""}`);
	if (leftOut.length === 0) return undefined;
	throw new Failure(`${dir}: ${leftOut.length} of what machines boot with was left out; the rest is in the document`, {
		exit: EXIT.failed,
		next: "look at each line above, and at docs/boot.md",
	});
}

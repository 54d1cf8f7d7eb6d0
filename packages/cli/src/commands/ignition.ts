import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { readFolder } from "../files/read-folder.ts";
import { readTextFile } from "../files/read-text.ts";
import { type AddCommand, printJson } from "../session.ts";

const MOST_BYTES = 512 * 1024;
const AFTER = `
Variants flatcar (1.0, 1.1) and fcos (1.0 to 1.7). Everything that is wrong is named at once, by line and path. docs/boot.md tells
what of Butane is not taken.

Examples:
  rollcall ignition convert worker.yaml > worker.ign
  rollcall ignition convert --files-dir files/ < worker.yaml`;

/** `rollcall ignition convert [FILE]`. */
export const addIgnition: AddCommand = (program, run) => {
	program
		.command("ignition")
		.description("Ignition configurations, without a coordinator")
		.addHelpText("after", "\nExample:\n  rollcall ignition convert worker.yaml > worker.ign")
		.command("convert")
		.description("Butane YAML to Ignition JSON")
		.argument("[file]", "the YAML; - or nothing reads stdin", "-")
		.option("--files-dir <dir>", "where `local:` names files")
		.addHelpText("after", AFTER)
		.action((file: string, options: { filesDir?: string }, command) =>
			run(command, async (session) => {
				const text = await readTextFile(file, MOST_BYTES);
				const files = options.filesDir === undefined ? new Map() : await readFolder(options.filesDir);
				const { convertButane, findingText } = await import("../offline/core.ts");
				const converted = convertButane(text, files);
				if (!converted.ok) {
					throw new Failure(`${file === "-" ? "stdin" : file}: it cannot be converted`, {
						exit: EXIT.usage,
						details: converted.findings.map(findingText),
						next: "correct these and try again",
					});
				}
				printJson(session, converted.config);
				return undefined;
			}),
		);
};

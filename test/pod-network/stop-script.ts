import type { TargetFile } from "@rollcall/protocol";

/** What systemd makes of the word behind `/bin/sh -c` of a unit's stop (systemd.service(5), "Command lines"). */
export function stopScript(file: TargetFile): string {
	return scriptOf(file, "ExecStop");
}

/** The same of its start. */
export function startScript(file: TargetFile): string {
	return scriptOf(file, "ExecStart");
}

function scriptOf({ content }: TargetFile, key: string): string {
	const [, quoted = ""] = new RegExp(`^${key}=/bin/sh -c "(.*)"$`, "m").exec(content) ?? [];
	return quoted
		.replaceAll(/\\(["\\])/g, "$1")
		.replaceAll("$$", "$")
		.replaceAll("%%", "%");
}

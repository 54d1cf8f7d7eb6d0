import type { TargetFile } from "@rollcall/protocol";

/** What systemd makes of the word behind `/bin/sh -c` of a unit's stop (systemd.service(5), "Command lines"). */
export function stopScript({ content }: TargetFile): string {
	const [, quoted = ""] = /^ExecStop=\/bin\/sh -c "(.*)"$/m.exec(content) ?? [];
	return quoted
		.replaceAll(/\\(["\\])/g, "$1")
		.replaceAll("$$", "$")
		.replaceAll("%%", "%");
}

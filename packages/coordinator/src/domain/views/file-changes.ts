import type { FileChange, TargetContent, TargetFile } from "@rollcall/protocol";
import { sha256Of, withoutAccounts } from "@rollcall/protocol";
import type { z } from "zod";

type Change = z.infer<typeof FileChange>;

/** The files that differ between two targets, sorted by path. Undefined stands for no target. */
export function fileChanges(before: TargetContent | undefined, after: TargetContent | undefined): Change[] {
	const old = new Map(filesOf(before).map((file) => [file.path, file]));
	const changes: Change[] = [];
	for (const file of filesOf(after)) {
		const was = old.get(file.path);
		old.delete(file.path);
		if (!was) changes.push({ path: file.path, change: "added", mode: file.mode, after: shown(file) });
		else if (was.content !== file.content || was.mode !== file.mode || was.encoding !== file.encoding) {
			changes.push({ path: file.path, change: "changed", mode: file.mode, before: shown(was), after: shown(file) });
		}
	}
	for (const file of old.values())
		changes.push({ path: file.path, change: "removed", mode: file.mode, before: shown(file) });
	return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files of a target, and its secrets, which it names without their content, each as its revision. */
function filesOf(content: TargetContent | undefined): TargetFile[] {
	const secrets = (content?.secrets ?? []).map(({ path, mode, revision }): TargetFile => {
		return { path, mode, encoding: "utf8", content: revision, sensitive: true };
	});
	return [...(content?.files ?? []), ...secrets];
}

/** The units of both targets that are restarted: their own file or one that they follow is among the changes. */
export function restarts(
	before: TargetContent | undefined,
	after: TargetContent | undefined,
	changes: readonly Change[],
): string[] {
	const ran = new Set(before?.units.map(({ name }) => name));
	const changed = changes.map(({ path }) => path);
	return (after?.units ?? [])
		.filter(({ name }) => ran.has(name))
		.filter(({ name, restartOn }) => changed.some((path) => restartOn.includes(path) || path.endsWith(`/${name}`)))
		.map(({ name }) => name)
		.sort();
}

/** A file's text, without names and passwords in addresses; what is sensitive, and what is not text, as its digest. */
function shown({ content, encoding, sensitive }: TargetFile): string {
	if (sensitive) return `(secret) ${sha256Of(content)}`;
	return encoding === "base64" ? `(binary) ${sha256Of(content)}` : withoutAccounts(content);
}

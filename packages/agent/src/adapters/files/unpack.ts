import { createHash } from "node:crypto";
import { chmod, open } from "node:fs/promises";
import type { Artifact } from "@rollcall/protocol";
import { z } from "zod";
import { TarError } from "../../errors.ts";
import { beside } from "./beside.ts";
import type { Disk } from "./disk.ts";
import { tarEntries } from "./tar-entries.ts";

/** The most bytes that an archive may unpack to: the CNI plugins have 80 MB, kubernetes-node 500 MB. */
const MOST_UNPACKED = 4 * 2 ** 30;
/** A note is a line per file. */
const MOST_NOTE = 256 * 1024;

/** The file at an archive's own path: which files came from which archive. */
const Note = z.strictObject({
	archive: z.string(),
	files: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
});

type Members = NonNullable<Artifact["unpack"]>;

/** The digests of what was unpacked from this archive, by path; undefined when the note is about another one, or none. */
export function readNote(disk: Disk, place: string, artifact: Artifact): ReadonlyMap<string, string> | undefined {
	const standing = disk.standing(place);
	if (standing?.type !== "file" || standing.size > MOST_NOTE) return undefined;
	try {
		const note = Note.parse(JSON.parse(disk.read(place).toString("utf8")));
		return note.archive === artifact.sha256 ? new Map(note.files.map((one) => [one.path, one.sha256])) : undefined;
	} catch {
		return undefined;
	}
}

/** Unpacks the named members of an archive beside their places (`at` says where they are), and the note beside its own. Throws TarError. */
export async function unpack(
	archive: string,
	artifact: Artifact & { readonly unpack: Members },
	{ disk, at }: { readonly disk: Disk; readonly at: (path: string) => string },
): Promise<void> {
	const missing = new Map(artifact.unpack.map((member) => [member.member.replace(/^(?:\.\/)+/, ""), member]));
	const files: { path: string; sha256: string }[] = [];
	for await (const entry of tarEntries(archive, MOST_UNPACKED)) {
		const member = missing.get(entry.name);
		if (!member) continue;
		missing.delete(entry.name);
		const { staged } = beside(at(member.path));
		if (disk.standing(staged)) disk.unlink(staged);
		files.push({ path: member.path, sha256: await write(staged, entry.content) });
		await chmod(staged, Number.parseInt(member.mode, 8));
		if (missing.size === 0) break;
	}
	if (missing.size > 0) throw new TarError(`the archive has no regular file ${[...missing.keys()].join(", ")}`);
	const note = `${JSON.stringify({ archive: artifact.sha256, files })}\n`;
	const { staged } = beside(at(artifact.path));
	if (disk.standing(staged)) disk.unlink(staged);
	disk.create(staged, Buffer.from(note), Number.parseInt(artifact.mode, 8));
	await disk.sync([staged, ...artifact.unpack.map(({ path }) => beside(at(path)).staged)]);
}

async function write(path: string, content: AsyncIterable<Buffer>): Promise<string> {
	const hash = createHash("sha256");
	const file = await open(path, "wx", 0o600);
	try {
		for await (const piece of content) {
			hash.update(piece);
			await file.appendFile(piece);
		}
	} finally {
		await file.close();
	}
	return `sha256:${hash.digest("hex")}`;
}

import type { Artifact, Images, TargetFile, TargetUnit } from "@rollcall/protocol";
import { CONTAINERD_UNIT } from "./containerd.ts";
import { NODE_PATHS } from "./node-paths.ts";
import { unitText } from "./systemd-unit.ts";

const FOLDER = "/opt/rollcall/images";
/** Notes that containerd has the images of an archive, for a shell. */
export const TAKEN_NOTES = `${FOLDER}/*.tar.taken`;

/** What an archive of images means for a node. */
export interface ImageArchives {
	readonly artifacts: readonly Artifact[];
	readonly files: readonly TargetFile[];
	readonly units: readonly TargetUnit[];
}

/**
 * Archives of images for sites without a registry: each is fetched, and a unit of its own imports it into containerd before
 * kubelet starts. The archive is removed then, since its images would lie in RAM twice; a note keeps it from being fetched
 * again. No shell: names and digests are words of commands.
 */
export function imageArchives(archives: Images["archives"], ctr: string): ImageArchives {
	const each = archives.map(({ name, sha256, sizeBytes, urls }) => {
		const path = `${FOLDER}/${name}.tar`;
		const unit = `rollcall-images-${name}.service`;
		// A rendered file with the note's text and name, to be copied when the import is done.
		const takenNote = `${path}.taken`;
		const note = `${FOLDER}/notes/${name}.tar.taken`;
		return {
			artifact: { path, mode: "0600", sha256, sizeBytes, urls, takenNote } satisfies Artifact,
			files: [
				{ path: note, mode: "0600", encoding: "utf8", content: sha256 },
				{
					path: `${NODE_PATHS.units}/${unit}`,
					mode: "0600",
					encoding: "utf8",
					content: importUnit(ctr, path, note),
				},
			] satisfies TargetFile[],
			unit: { name: unit, restartOn: [path] } satisfies TargetUnit,
		};
	});
	return {
		artifacts: each.map(({ artifact }) => artifact),
		files: each.flatMap(({ files }) => files),
		units: each.map(({ unit }) => unit),
	};
}

function importUnit(ctr: string, path: string, note: string): string {
	return unitText([
		[
			"Unit",
			[
				["Description", "images of an archive, imported into containerd"],
				["Requires", { list: [CONTAINERD_UNIT] }],
				["After", { list: [CONTAINERD_UNIT] }],
				["Before", { list: ["kubelet.service"] }],
				// Without the archive there is nothing to do: it was imported in this boot.
				["ConditionPathExists", path],
			],
		],
		[
			"Service",
			[
				["Type", "oneshot"],
				["ExecStart", { words: [ctr, "--namespace", "k8s.io", "images", "import", path] }],
				["ExecStart", { words: ["/usr/bin/cp", `--target-directory=${FOLDER}`, note] }],
				["ExecStart", { words: ["/usr/bin/rm", "-f", path] }],
			],
		],
	]);
}

/** An archive of programs stays beside what is taken of it until the target is applied. gzip packs Go programs to 30 to 43 %, and seldom are all of them taken. */
const WITH_MEMBERS = 3;

/** So much of a node's RAM the artifacts take, at least until they were unpacked or imported. In bytes. */
export function artifactBytes(artifacts: readonly Pick<Artifact, "sizeBytes" | "unpack">[]): number {
	return artifacts.reduce((sum, { sizeBytes, unpack }) => sum + sizeBytes * (unpack ? WITH_MEMBERS : 1), 0);
}

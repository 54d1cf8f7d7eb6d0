import { closeSync, constants, existsSync, lstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ETCD_MARKER, EtcdMemory } from "@rollcall/protocol";
import type { EtcdDataSeen } from "../../domain/etcd-memory.ts";
import type { EtcdData } from "../../ports/etcd-data.ts";
import { makeFolders, readOwnFile } from "../own-file.ts";
import { type Disk, errnoOf, nodeDisk } from "./disk.ts";
import { filesError } from "./files-error.ts";
import { walIds } from "./wal-head.ts";

/** The bytes at the beginning of a log that hold its first two records. */
const HEAD_BYTES = 4096;
const BAR_TEXT = "etcd's memory is not here: rollcall mounts it, or it was lost, and this machine has to boot anew\n";

/** etcd's data folders below a machine's root. */
export function createEtcdData(root: string, disk: Pick<Disk, "create" | "rename" | "unlink"> = nodeDisk): EtcdData {
	const at = (path: string) => (root === "/" ? path : `${root}${path}`);
	return {
		look(path) {
			try {
				return look(at(path));
			} catch {
				return { kind: "unclear" };
			}
		},
		mark(path, memory) {
			const marker = `${at(path)}/${ETCD_MARKER}`;
			const fresh = `${at(path)}/.${ETCD_MARKER}.fresh`;
			try {
				if (existsSync(fresh)) disk.unlink(fresh);
				disk.create(fresh, Buffer.from(`${JSON.stringify(memory)}\n`), 0o600);
				disk.rename(fresh, marker);
			} catch (error) {
				throw filesError(`${path}/${ETCD_MARKER}`, error);
			}
		},
		bar(path, below) {
			try {
				if (existsSync(barIn(at(path))) || (below && isMounted(at(path)))) return;
				makeFolders(at(path), 0o700);
				disk.create(barIn(at(path)), Buffer.from(BAR_TEXT), 0o600);
			} catch (error) {
				throw filesError(barIn(path), error);
			}
		},
		unbar(path) {
			try {
				if (isBarred(at(path))) disk.unlink(barIn(at(path)));
			} catch (error) {
				throw filesError(barIn(path), error);
			}
		},
	};
}

/** etcd makes a folder of this name, and ends where it cannot. */
function barIn(folder: string): string {
	return `${folder}/member`;
}

function isBarred(folder: string): boolean {
	return lstatSync(barIn(folder), { throwIfNoEntry: false })?.isFile() === true;
}

function isMounted(folder: string): boolean {
	const found = statSync(folder, { throwIfNoEntry: false });
	return found !== undefined && found.dev !== statSync(dirname(folder)).dev;
}

function look(folder: string): EtcdDataSeen {
	if (isBarred(folder)) return { kind: "none" };
	const logs = `${folder}/member/wal`;
	const names = namesIn(logs)?.filter((name) => name.endsWith(".wal"));
	if (names === undefined) return existsSync(`${folder}/member`) ? { kind: "unclear" } : { kind: "none" };
	const [first] = names.sort();
	const ids = first === undefined ? undefined : walIds(headOf(`${logs}/${first}`));
	if (!ids) return { kind: "unclear" };
	const marked = markerIn(folder);
	return { kind: "data", ...ids, ...(marked ? { marked } : {}) };
}

function markerIn(folder: string): EtcdMemory | "damaged" | undefined {
	let text: string;
	try {
		text = readOwnFile(`${folder}/${ETCD_MARKER}`);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
	try {
		return EtcdMemory.parse(JSON.parse(text));
	} catch {
		return "damaged";
	}
}

function namesIn(folder: string): string[] | undefined {
	try {
		return readdirSync(folder);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}

function headOf(path: string): Buffer {
	const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const head = Buffer.alloc(HEAD_BYTES);
		return head.subarray(0, readSync(file, head, 0, head.length, 0));
	} finally {
		closeSync(file);
	}
}

import {
	chmodSync,
	closeSync,
	constants,
	fstatSync,
	lstatSync,
	openSync,
	renameSync,
	rmSync,
	writeSync,
} from "node:fs";
import { check } from "@rollcall/protocol";
import type { z } from "zod";
import { type Credentials, NO_CREDENTIALS, pathsOf } from "../../domain/credentials.ts";
import { type HeldMemory, unsureMemory } from "../../domain/etcd-memory.ts";
import type { Accepted, Identity, KeptPodNetwork, Ledger, Memory } from "../../ports.ts";
import { makeFolders, readOwnFile, writeFresh } from "../own-file.ts";
import { errnoOf } from "./disk.ts";
import { filesError } from "./files-error.ts";
import {
	AcceptedFile,
	CredentialsFile,
	HeldMemoryFile,
	IdentityFile,
	LedgerFile,
	PodNetworkFile,
} from "./memory-schema.ts";

/** The least that a file with any content has on a disk or in RAM. */
const BLOCK_BYTES = 4096;

const NOTHING: Ledger = { files: [], folders: [], units: [] };

/**
 * The agent's memory in a folder of its own (0700), which must be RAM: `identity.json`, `ledger.json`, `next.json`,
 * `good.json`, `credentials.json`, `etcd.json`, `pod-network.json`, each 0600 and replaced by a rename. Not synced: what RAM loses, the boot id makes invalid anyway. Throws a
 * FilesError that names the file when it cannot be written.
 */
export function createMemory(folder: string): Memory {
	try {
		makeFolders(folder, 0o700);
		chmodSync(folder, 0o700);
	} catch (error) {
		throw filesError(folder, error);
	}

	function load<S extends z.ZodType>(name: string, schema: S): z.output<S> | undefined {
		try {
			const read = check(schema, JSON.parse(readOwnFile(`${folder}/${name}`)), name);
			return read.ok ? read.value : undefined;
		} catch {
			return undefined;
		}
	}

	const isDamaged = (name: string, value: unknown) => value === undefined && standsAt(`${folder}/${name}`);
	const good = () => load("good.json", AcceptedFile);
	const next = () => load("next.json", AcceptedFile);

	/** Where the ledger cannot be read, what runs is still known from the good target. */
	function ledger(): Ledger {
		const kept = load("ledger.json", LedgerFile);
		if (!isDamaged("ledger.json", kept)) return kept ?? NOTHING;
		const content = good()?.target.content;
		return content ? { ...NOTHING, files: pathsOf(content), units: content.units.map(({ name }) => name) } : NOTHING;
	}

	function etcd(): HeldMemory | undefined {
		const kept = load("etcd.json", HeldMemoryFile);
		return isDamaged("etcd.json", kept) ? unsureMemory([good(), next()].map((one) => one?.target.content)) : kept;
	}

	function save(name: string, value: Accepted | Credentials | HeldMemory | Identity | KeptPodNetwork | Ledger): void {
		const fresh = `${folder}/.${name}.fresh`;
		try {
			writeFresh(fresh, JSON.stringify(value), 0o600);
			replace(fresh, `${folder}/${name}`);
		} catch (error) {
			discard(fresh);
			throw filesError(`${folder}/${name}`, error);
		}
	}

	return {
		identity: () => load("identity.json", IdentityFile),
		saveIdentity: (identity) => save("identity.json", identity),
		ledger,
		saveLedger: (ledger) => save("ledger.json", ledger),
		credentials: () => load("credentials.json", CredentialsFile) ?? NO_CREDENTIALS,
		saveCredentials: (credentials) => save("credentials.json", credentials),
		good,
		goodIsDamaged: () => isDamaged("good.json", good()),
		next,
		saveNext: (accepted) => save("next.json", accepted),
		promote() {
			try {
				replace(`${folder}/next.json`, `${folder}/good.json`);
			} catch (error) {
				throw filesError(`${folder}/good.json`, error);
			}
		},
		etcd,
		saveEtcd(held) {
			if (!held) return remove(`${folder}/etcd.json`);
			try {
				save("etcd.json", held);
			} catch (error) {
				// A fresh file may find no room. What this one says decides whether etcd begins anew, and the one that stands there has its block.
				if (!overwritten(`${folder}/etcd.json`, JSON.stringify(held))) throw error;
			}
		},
		podNetwork: () => load("pod-network.json", PodNetworkFile),
		savePodNetwork(kept) {
			if (kept) save("pod-network.json", kept);
			else remove(`${folder}/pod-network.json`);
		},
		forget(what) {
			const ofBoot = what === "boot" ? ["etcd.json", "pod-network.json"] : [];
			const names = ["next.json", "good.json", "credentials.json", ...ofBoot];
			for (const name of names) remove(`${folder}/${name}`);
		},
	};
}

/** A folder in place of one of these files is nobody's, and gives way to it. */
function replace(fresh: string, path: string): void {
	try {
		renameSync(fresh, path);
	} catch (error) {
		if (errnoOf(error) !== "EISDIR") throw error;
		remove(path);
		renameSync(fresh, path);
	}
}

/** Writes a short text over that of a file, which needs no room. Half of it, after a crash, is a damaged file. False: it cannot be written. */
function overwritten(path: string, text: string): boolean {
	try {
		const file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
		try {
			const found = fstatSync(file);
			if (!found.isFile() || found.size === 0) return false;
			const bytes = Buffer.from(text.padEnd(found.size));
			return bytes.length <= BLOCK_BYTES && writeSync(file, bytes, 0, bytes.length, 0) === bytes.length;
		} finally {
			closeSync(file);
		}
	} catch {
		return false;
	}
}

function remove(path: string): void {
	rmSync(path, { force: true, recursive: true });
}

/** True for whatever stands there, also a link that leads nowhere. */
function standsAt(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Half a file would take room that is missing already, and the next write finds no folder there. */
function discard(path: string): void {
	try {
		remove(path);
	} catch {}
}

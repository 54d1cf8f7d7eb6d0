import {
	chmodSync,
	closeSync,
	fchmodSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	writeSync,
} from "node:fs";
import { check, SignedAssignment, Target } from "@rollcall/protocol";
import { z } from "zod";
import { type Credentials, NO_CREDENTIALS } from "../../domain/credentials.ts";
import type { Accepted, Identity, Ledger, Memory } from "../../ports.ts";
import { filesError } from "./files-error.ts";
import { CredentialsFile, IdentityFile, LedgerFile } from "./memory-schema.ts";

const AcceptedFile = z.strictObject({ target: Target, proof: SignedAssignment });

const NOTHING: Ledger = { files: [], folders: [], units: [] };

/**
 * The agent's memory in a folder of its own (0700), which must be RAM: `identity.json`, `ledger.json`, `next.json`,
 * `good.json`, `credentials.json`, each 0600 and replaced by a rename. Not synced: what RAM loses, the boot id makes invalid anyway. Throws a
 * FilesError that names the file when it cannot be written.
 */
export function createMemory(folder: string): Memory {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	chmodSync(folder, 0o700);

	function load<S extends z.ZodType>(name: string, schema: S): z.output<S> | undefined {
		try {
			const read = check(schema, JSON.parse(readFileSync(`${folder}/${name}`, "utf8")), name);
			return read.ok ? read.value : undefined;
		} catch {
			return undefined;
		}
	}

	function save(name: string, value: Accepted | Credentials | Identity | Ledger): void {
		const fresh = `${folder}/.${name}.fresh`;
		try {
			write(fresh, Buffer.from(JSON.stringify(value)));
			renameSync(fresh, `${folder}/${name}`);
		} catch (error) {
			discard(fresh);
			throw filesError(`${folder}/${name}`, error);
		}
	}

	return {
		identity: () => load("identity.json", IdentityFile),
		saveIdentity: (identity) => save("identity.json", identity),
		ledger: () => load("ledger.json", LedgerFile) ?? NOTHING,
		saveLedger: (ledger) => save("ledger.json", ledger),
		credentials: () => load("credentials.json", CredentialsFile) ?? NO_CREDENTIALS,
		saveCredentials: (credentials) => save("credentials.json", credentials),
		good: () => load("good.json", AcceptedFile),
		next: () => load("next.json", AcceptedFile),
		saveNext: (accepted) => save("next.json", accepted),
		promote: () => renameSync(`${folder}/next.json`, `${folder}/good.json`),
		forget(what) {
			const names = [
				"next.json",
				"good.json",
				"credentials.json",
				...(what === "everything" ? ["ledger.json", "identity.json"] : []),
			];
			for (const name of names) rmSync(`${folder}/${name}`, { force: true });
		},
	};
}

function write(path: string, bytes: Buffer): void {
	const file = openSync(path, "w", 0o600);
	try {
		fchmodSync(file, 0o600);
		for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
	} finally {
		closeSync(file);
	}
}

/** Half a file would take room that is missing already. */
function discard(path: string): void {
	try {
		rmSync(path, { force: true });
	} catch {}
}

import { openRegistryAccounts } from "../adapters/files/registry-accounts.ts";
import { createPki } from "../adapters/pki/pki.ts";
import { openSnapshotFolder } from "../adapters/snapshots/folder.ts";
import type { Base } from "./base.ts";
import type { BusParts } from "./bus.ts";
import { foldersOf } from "./secrets.ts";

/** The fleet's keys, the snapshots of etcd, which have keys of their own, and the accounts at mirrors. */
export type Keys = ReturnType<typeof openKeys>;

/** Opens their folders: those that the configuration names, else in the data folder. */
export function openKeys({ config, clock, files }: Base, { credentials, eventLog }: BusParts) {
	const folders = foldersOf(config);
	const owner = { fleets: credentials.signers, log: eventLog.origin };
	const snapshots = openSnapshotFolder(folders.snapshots, owner, files);
	const pki = createPki(folders.authorities, clock, (name) => snapshots.key(name), files);
	const accounts = openRegistryAccounts(folders.accounts, files);
	return { pki, snapshots, accounts };
}

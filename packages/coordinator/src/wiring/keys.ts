import { join } from "node:path";
import { openRegistryAccounts } from "../adapters/files/registry-accounts.ts";
import { createPki } from "../adapters/pki/pki.ts";
import { openSnapshotFolder } from "../adapters/snapshots/folder.ts";
import type { Base } from "./base.ts";
import type { BusParts } from "./bus.ts";

/** The fleet's keys, the snapshots of etcd, which have keys of their own, and the accounts at mirrors. */
export type Keys = ReturnType<typeof openKeys>;

/** Opens their folders: those that the configuration names, else in the data folder. */
export function openKeys({ config, clock }: Base, { credentials, eventLog }: BusParts) {
	const snapshots = openSnapshotFolder(config.etcdSnapshotFolder ?? join(config.dataFolder, "etcd-snapshots"), {
		fleets: credentials.signers,
		log: eventLog.origin,
	});
	const pki = createPki(config.authorityFolder ?? join(config.dataFolder, "keys", "authorities"), clock, (name) =>
		snapshots.key(name),
	);
	const accounts = openRegistryAccounts(config.registryAccountFolder ?? join(config.dataFolder, "registry-accounts"));
	return { pki, snapshots, accounts };
}

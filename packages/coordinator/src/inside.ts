/** What the benchmark, the lab and the trials with real programs need of the coordinator's inside, beyond its pure heart: the means to write a log, to fill the store of what machines download, and to apply add-ons. */
export { Assets } from "./adapters/boot/assets.ts";
export { createKubernetes } from "./adapters/kubernetes/kubernetes.ts";
export { openLog } from "./adapters/nats/log.ts";
export { openEmbedded } from "./adapters/nats/open.ts";
export { SigningKey } from "./adapters/nats/signing-key.ts";
export { createPki } from "./adapters/pki/pki.ts";
export { openSnapshotFolder } from "./adapters/snapshots/folder.ts";
export { parseDocument } from "./document/parse-document.ts";
export { applyAddOns } from "./loop/add-ons.ts";
export { chunkEvents } from "./loop/entry-size.ts";
export { firstEvents } from "./loop/first-events.ts";
export { takeTurn } from "./loop/turn.ts";
export { coreAddOns } from "./render/addons/core-add-ons.ts";
export { startClusterKeeper } from "./wiring/cluster-keeper.ts";
export { adminToken } from "./wiring/folder.ts";
export { renderedTargets } from "./wiring/targets.ts";

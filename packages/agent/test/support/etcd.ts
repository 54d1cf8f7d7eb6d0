import type { TargetContent } from "@rollcall/protocol";
import { file } from "./targets.ts";

const PATH = "/var/lib/etcd";
export const MOUNT = "var-lib-etcd.mount";

/** A target of a machine that holds etcd's memory. */
export const WITH_ETCD: Partial<TargetContent> = {
	files: [file(`/run/systemd/system/${MOUNT}`, "[Mount]\n"), file("/etc/kubernetes/manifests/etcd.yaml", "etcd")],
	units: [
		{ name: MOUNT, restartOn: [] },
		{ name: "kubelet.service", restartOn: [] },
	],
	memory: { holds: { unit: MOUNT, path: PATH } },
};

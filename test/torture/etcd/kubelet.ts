import { Asker, PKI } from "./asker.ts";
import { API_PORT, APPLY } from "./objects.ts";

const PAIR = "var/lib/kubelet/pki/kubelet-client-current.pem";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

/** Renews the Lease of a node at an API server, as its kubelet does every ten seconds, with the certificate that kubelet has now. Throws when it was not acknowledged. */
export async function beat(address: string, { root, nodeName }: { root: string; nodeName: string }): Promise<void> {
	const asker = new Asker(API_PORT, [`${PKI}/ca.crt`, PAIR, PAIR]);
	if (!asker.read(root)) throw new Error(`${nodeName} has no certificate of a kubelet`);
	const spec = { holderIdentity: nodeName, leaseDurationSeconds: 40, renewTime: microTime() };
	const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: nodeName }, spec };
	const path = `${LEASES}/${nodeName}?fieldManager=kubelet&force=true`;
	try {
		await asker.ask(address, { method: "PATCH", path, headers: { "content-type": APPLY }, body });
	} finally {
		asker.close();
	}
}

/** Now, as a MicroTime of meta/v1. */
function microTime(): string {
	return new Date().toISOString().replace("Z", "000Z");
}

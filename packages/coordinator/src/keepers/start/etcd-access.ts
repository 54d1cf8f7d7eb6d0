import type { EtcdAccess } from "../../adapters/etcd/gateway.ts";
import { makeClientPair } from "../../adapters/pki/client-pair.ts";
import type { Fleet } from "../../domain/fleet.ts";
import type { Pki } from "../../ports/pki.ts";

/** The certificate is made for one step. Seconds. */
const CERTIFICATE_SECONDS = 600;

/** How the coordinator is let in by etcd's members: with a certificate of their authority that ends soon. */
export async function etcdAccess(pki: Pki, fleet: Fleet): Promise<EtcdAccess> {
	const trust = fleet.trust?.trust;
	if (!trust) throw new Error("the fleet has no keys of its own yet");
	const { ca, cert, key } = await makeClientPair(pki, trust, {
		name: "etcd-keeper",
		signer: "etcd",
		commonName: "rollcall",
		organizations: [],
		lifeSeconds: CERTIFICATE_SECONDS,
	});
	return { ca, cert, key };
}

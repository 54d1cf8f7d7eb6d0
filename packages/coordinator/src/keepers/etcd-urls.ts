import type { EtcdPeer } from "../domain/etcd/state.ts";
import type { Fleet } from "../domain/fleet.ts";
import { membersOf } from "../domain/networks/members.ts";
import { etcdRole } from "../domain/seats/seats.ts";
import { urlHost } from "../render/node.ts";
import { NODE_PORTS } from "../render/node-paths.ts";

/** All that have a seat for etcd, with their addresses. */
export function etcdPeers(fleet: Fleet): readonly EtcdPeer[] {
	const document = fleet.cluster?.document;
	return document ? membersOf(fleet, etcdRole(document)) : [];
}

/** The client URLs of these members. */
export function clientUrls(fleet: Fleet, members: readonly Pick<EtcdPeer, "nodeName">[]): readonly string[] {
	const addresses = new Map(etcdPeers(fleet).map((one) => [one.nodeName, one.address]));
	return members.flatMap(({ nodeName }) => {
		const address = addresses.get(nodeName);
		return address === undefined ? [] : [`https://${urlHost(address)}:${NODE_PORTS.etcdClient}`];
	});
}

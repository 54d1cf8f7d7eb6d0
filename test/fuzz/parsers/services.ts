import {
	blobIn,
	EtcdError,
	evictPods,
	KubernetesError,
	listSigningRequests,
	membersIn,
	podsIn,
	reachedNodes,
	standingIn,
	volumesOf,
} from "@rollcall/coordinator/parsers";
import { bytesOf, holds, type Outcome, type Parser, refused, TAKEN, textOf } from "../parser.ts";

/** What a service answered is taken, or refused by an error of this class. */
async function takenOr(own: new (...words: never[]) => Error, read: () => unknown): Promise<Outcome> {
	try {
		await read();
		return TAKEN;
	} catch (error) {
		if (!(error instanceof own)) throw error;
		holds(error.message.length <= 1024, `its words are ${error.message.length} characters long`);
		return refused(error.message);
	}
}

const etcd = (name: string, seeds: readonly unknown[], read: (text: string) => unknown): Parser => ({
	name,
	seeds: () => seeds.map(bytesOf),
	feed: (bytes) => takenOr(EtcdError, () => read(textOf(bytes))),
});

const HEADER = { cluster_id: "14841639068965178418", member_id: "10276657743932975437", revision: "7", raft_term: "2" };
const POD = {
	metadata: { name: "web-0", namespace: "lab", ownerReferences: [{ kind: "ReplicaSet", controller: true }] },
	spec: { nodeName: "node-0" },
	status: {
		phase: "Running",
		podIPs: [{ ip: "10.254.0.7" }],
		conditions: [{ type: "PodScheduled", status: "True" }],
		containerStatuses: [{ ready: false, state: { terminated: { exitCode: 1, reason: "Error", message: "no" } } }],
	},
};
const NODE = {
	metadata: { name: "node-0" },
	status: {
		addresses: [{ type: "InternalIP", address: "192.0.2.7" }],
		conditions: [{ type: "Ready", status: "False", reason: "KubeletNotReady", message: "no network" }],
	},
};
const REQUEST = {
	metadata: { name: "csr-1", resourceVersion: "7" },
	spec: {
		signerName: "kubernetes.io/kubelet-serving",
		request: "LS0tLS1CRUdJTg==",
		username: "system:node:node-0",
		groups: ["system:nodes"],
		usages: ["server auth"],
		expirationSeconds: 3600,
	},
	status: { conditions: [{ type: "Approved", status: "True" }] },
};
const VOLUME = { metadata: { name: "pv-1" }, spec: { claimRef: { namespace: "lab", name: "data" } } };
const list = (...items: readonly object[]) => ({ kind: "List", metadata: { resourceVersion: "9" }, items });

/** An API whose every answer is this text. */
const answering = (text: string) => async () => ({ status: 200, text });
type Ask = ReturnType<typeof answering>;

const kubernetes = (name: string, seeds: readonly unknown[], read: (ask: Ask) => Promise<unknown>): Parser => ({
	name,
	seeds: () => seeds.map(bytesOf),
	feed: (bytes) => takenOr(KubernetesError, () => read(answering(textOf(bytes)))),
});

/** What etcd's members and the cluster's API answer. */
export const SERVICE_PARSERS: readonly Parser[] = [
	etcd(
		"etcd-members",
		[
			{ header: HEADER, members: [{ ID: "1", name: "node-0", peerURLs: ["https://192.0.2.7:2380"], clientURLs: [] }] },
			{ header: HEADER, members: [{ ID: "2", isLearner: true }] },
		],
		membersIn,
	),
	etcd("etcd-status", [{ header: HEADER, version: "3.6.1", leader: "1", raftTerm: "2" }, { header: {} }], standingIn),
	etcd(
		"etcd-snapshot",
		[{ result: { blob: "AAEC", remaining_bytes: "7" } }, { error: { message: "it is over", http_code: 500 } }],
		(line) => blobIn(Buffer.from(line)),
	),
	kubernetes("kubernetes-nodes", [list(NODE)], reachedNodes),
	kubernetes("kubernetes-pods", [list(POD)], (ask) => podsIn(ask, "lab")),
	kubernetes("kubernetes-evictions", [list(POD, POD)], (ask) => evictPods("node-0", ask)),
	kubernetes("kubernetes-volumes", [list(VOLUME)], (ask) => volumesOf(ask, "lab")),
	kubernetes("kubernetes-requests", [list(REQUEST)], (ask) => listSigningRequests(ask, undefined)),
];

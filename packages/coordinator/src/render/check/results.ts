import type { CheckFinding } from "@rollcall/protocol";
import type { Answered, Question } from "./script.ts";

/** One question of a check and what it is about. `to`: whom it is to reach, for people. */
export interface Asked {
	readonly check: "pod-to-pod" | "service" | "dns" | "api";
	readonly to: string;
	readonly question: Question;
}

/** What one question came to on one node. */
export interface Result extends Pick<Asked, "check" | "to"> {
	readonly from: string;
	readonly ok: boolean;
	readonly reason: string;
	/** dns: the name is one outside of the cluster. */
	readonly outside?: boolean;
}

/** So many faults of one check are told one by one. */
const TOLD = 16;

/** Where the pods of a check are, and what they are to find. */
export interface Surroundings {
	/** Addresses of the pod that serves, by node. */
	readonly pods: ReadonlyMap<string, readonly string[]>;
	readonly port: number;
	readonly service: { readonly addresses: readonly string[]; readonly name: string };
	/** The addresses of the API's own service. */
	readonly api: readonly string[];
	/** A name outside of the cluster. */
	readonly outside: string | null;
}

/** What the pod of a node asks. `peers`: the nodes whose pods it asks. */
export function questionsOf(peers: readonly string[], around: Surroundings): Asked[] {
	const page = (id: string, url: string) => ({ id, kind: "page", url }) as const;
	const url = (address: string, port: number) => `http://${inUrl(address)}:${port}/name`;
	const asked: Omit<Asked, never>[] = [];
	peers.forEach((node, at) => {
		for (const [index, address] of (around.pods.get(node) ?? []).entries())
			asked.push({
				check: "pod-to-pod",
				to: `the pod on ${node} (${address})`,
				question: { ...page(`p${at}-${index}`, url(address, around.port)), expected: node },
			});
	});
	for (const [index, address] of around.service.addresses.entries())
		asked.push({ check: "service", to: `the service ${address}`, question: page(`s${index}`, url(address, 80)) });
	const inside = around.service.name;
	asked.push({ check: "dns", to: inside, question: { id: "inside", kind: "name", name: inside } });
	if (around.outside !== null)
		asked.push({ check: "dns", to: around.outside, question: { id: "outside", kind: "name", name: around.outside } });
	for (const [index, address] of around.api.entries())
		asked.push({
			check: "api",
			to: `the API at ${address}`,
			question: { id: `a${index}`, kind: "tls-server", host: inUrl(address), port: "443" },
		});
	return asked;
}

function inUrl(address: string): string {
	return address.includes(":") ? `[${address}]` : address;
}

/** What the pod of a node found out; a question without an answer has none. */
export function resultsOf(from: string, asked: readonly Asked[], answers: readonly Answered[]): Result[] {
	const known = new Map(answers.map((answer) => [answer.id, answer]));
	return asked.map(({ check, to, question: { id } }) => {
		const answer = known.get(id);
		return {
			from,
			check,
			to,
			ok: answer?.ok ?? false,
			reason: answer ? answer.reason || "no answer" : "the pod did not come so far",
			...(id === "outside" ? { outside: true } : {}),
		};
	});
}

const WHAT: Readonly<Record<Asked["check"], (count: number, nodes: number) => string>> = {
	"pod-to-pod": (count, nodes) => `${count} ways between pods on ${nodes} nodes are open`,
	service: (_count, nodes) => `a service is reached by its address from all ${nodes} nodes`,
	dns: (count, nodes) => `names are found from all ${nodes} nodes (${count} times asked)`,
	api: (_count, nodes) => `the API is reached by its service's address from pods on all ${nodes} nodes`,
};

/** One finding where a check is good, one for each fault where it is not, each with the next step. */
export function findingsFrom(check: Asked["check"], results: readonly Result[]): CheckFinding[] {
	const of = results.filter((one) => one.check === check);
	const faults = of.filter(({ ok }) => !ok);
	const nodes = new Set(of.map(({ from }) => from)).size;
	if (of.length === 0) return [];
	if (faults.length === 0) return [{ check, state: "ok", text: WHAT[check](of.length, nodes) }];
	const told = faults.slice(0, TOLD).map(
		(fault): CheckFinding => ({
			check,
			state: "fail",
			text: `the pod on ${fault.from} does not ${check === "dns" ? "find" : "reach"} ${fault.to}: ${fault.reason}`.slice(
				0,
				1024,
			),
			next: nextFor(fault, faults),
		}),
	);
	const more = faults.length - told.length;
	const rest = {
		check,
		state: "fail",
		text: `${more} more of ${of.length} failed as well`,
		next: "mend the first, and check again",
	} as const;
	return more > 0 ? [...told, rest] : told;
}

function nextFor(fault: Result, all: readonly Result[]): string {
	const everywhere = new Set(all.map(({ from }) => from)).size > 1;
	switch (fault.check) {
		case "pod-to-pod":
			return `look at routes and firewalls between these nodes (\`kubernetes.podNetwork\`, docs/cluster.md); \`rollcall why ${fault.from}\``;
		case "service":
			return everywhere
				? "look at kube-proxy (`kubernetes.proxyMode`): kubectl -n kube-system get pods"
				: `look at kube-proxy on ${fault.from}: \`rollcall logs ${fault.from} -u kubelet.service\``;
		case "dns":
			return fault.outside
				? `look at the resolvers of that node (\`rollcall show ${fault.from}\`); where there is no such name, \`--outside NAME\` or \`--outside none\``
				: "look at CoreDNS: kubectl -n kube-system get pods -l k8s-app=kube-dns";
		case "api":
			return `look at kube-proxy on ${fault.from} and whether it reaches the control planes' port; \`rollcall why ${fault.from}\``;
	}
}

import { parseDuration, parsePorts } from "../render/argument-forms.ts";
import { NODE_PORTS } from "../render/node-paths.ts";
import type { Check, Finding } from "./finding.ts";

/** Defaults of kube-controller-manager, in seconds, and of etcd, in milliseconds. */
const LEASE = 15;
const RENEW = 10;
const RETRY = 2;
const HEARTBEAT = 100;
const ELECTION = 1000;
/** The longest election that etcd takes, in milliseconds. */
const LONGEST_ELECTION = 50_000;
/** Not before so much longer than a retry may a renewal be given up (client-go, JitterFactor). */
const JITTER = 1.2;

/** Arguments that are good by themselves and not beside each other: their programs would not start, or take each other's ports. */
export const checkPace: Check = ({ kubernetes: { extraArguments }, controlPlane }) => ({
	findings: [...leaderElection(extraArguments.controllerManager), ...etcdElection(extraArguments.etcd)],
	warnings: nodePorts(extraArguments.apiServer["service-node-port-range"], controlPlane.port),
});

type Given = Readonly<Record<string, string>>;

function leaderElection(given: Given): Finding[] {
	const seconds = (name: string, otherwise: number) => parseDuration(given[`leader-elect-${name}`] ?? "") ?? otherwise;
	const lease = seconds("lease-duration", LEASE);
	const renew = seconds("renew-deadline", RENEW);
	const retry = seconds("retry-period", RETRY);
	const at = (name: string) => ["kubernetes", "extraArguments", "controllerManager", `leader-elect-${name}`];
	const end = "kube-controller-manager would end at its start";
	if (lease <= renew) {
		const path = at(given["leader-elect-lease-duration"] === undefined ? "renew-deadline" : "lease-duration");
		const message = `a lease of ${lease} s is not longer than the ${renew} s in which it is renewed; ${end}`;
		return [{ path, message, suggestion: "a longer lease-duration, or a shorter renew-deadline" }];
	}
	if (renew <= retry * JITTER || retry <= 0) {
		const path = at(given["leader-elect-retry-period"] === undefined ? "renew-deadline" : "retry-period");
		const message = `a renewal within ${renew} s does not fit a try every ${retry} s; ${end}`;
		return [{ path, message, suggestion: `a retry-period below ${renew / JITTER} s, above zero` }];
	}
	return [];
}

function etcdElection(given: Given): Finding[] {
	const heartbeat = Number(given["heartbeat-interval"] ?? HEARTBEAT);
	const election = Number(given["election-timeout"] ?? ELECTION);
	const name = given["election-timeout"] === undefined ? "heartbeat-interval" : "election-timeout";
	const path = ["kubernetes", "extraArguments", "etcd", name];
	if (Number.isNaN(heartbeat + election)) return [];
	if (heartbeat > 0 && election >= 5 * heartbeat && election <= LONGEST_ELECTION) return [];
	return [
		{
			path,
			message: `etcd would not start with an election-timeout of ${election} ms and a heartbeat-interval of ${heartbeat} ms`,
			suggestion: `an election-timeout of five heartbeats at least, and of ${LONGEST_ELECTION} ms at most`,
		},
	];
}

/** A service may get any port of the range that no other service has, whoever else listens there. */
function nodePorts(range: string | undefined, apiPort: number): Finding[] {
	const ports = range === undefined ? undefined : parsePorts(range);
	if (!ports) return [];
	const taken = [...new Set([apiPort, ...Object.values(NODE_PORTS)])]
		.filter((port) => port >= ports.first && port <= ports.last)
		.sort((a, b) => a - b);
	if (taken.length === 0) return [];
	return [
		{
			path: ["kubernetes", "extraArguments", "apiServer", "service-node-port-range"],
			message: `nodes need ${taken.join(", ")} of these ports themselves; a service that got one would take it from them`,
			suggestion: "30000-32767",
		},
	];
}

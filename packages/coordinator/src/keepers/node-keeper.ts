import { serial } from "@rollcall/protocol";
import type { Fleet } from "../domain/fleet.ts";
import { KubernetesError } from "../errors.ts";
import type { Core } from "../ports/core.ts";
import type { FollowedNodes, Kubernetes } from "../ports/kubernetes.ts";
import { type ApiStanding, mustRegisterAnew, nodeChange } from "../render/node-object.ts";
import type { NodeSeen } from "../render/seen-node.ts";
import { drainNodes, removeLeftNodes } from "./node-drain.ts";

/** What following the nodes of one connection needs. */
export interface NodeKeeperParts {
	readonly core: Pick<Core, "fleet" | "submit">;
	readonly kubernetes: Pick<Kubernetes, "followNodes" | "changeNode" | "cordon" | "evict" | "removeNode">;
	readonly onTrouble: (what: string, error: unknown) => void;
	/** How the API stands that shows the nodes. */
	readonly standing: () => ApiStanding;
	/** Changes that come within this time are taken together. Milliseconds. */
	readonly gatherMs: number;
}

/** The most nodes that are put right before other changes are looked at. */
const CHANGES_AT_ONCE = 50;
/** Status codes with which the API refuses this very change: it is not valid, or against a policy of the cluster. */
const REFUSED: ReadonlySet<number | undefined> = new Set([400, 403, 422]);

/** Says how Kubernetes sees the nodes as soon as it changes, and keeps the Node objects as they are declared. */
export class NodeKeeper {
	readonly #parts: NodeKeeperParts;
	readonly #followed: FollowedNodes;
	readonly #changed = new Set<string>();
	/** Nodes that may not be as they are declared. */
	readonly #doubtful = new Set<string>();
	/** What was reported of nodes whose change the API refuses, by node name. */
	readonly #refused = new Map<string, string>();
	#gathering: NodeJS.Timeout | undefined;
	/** One after the other: two that put one node right would be in each other's way. */
	readonly #inTurn = serial();
	#stopped = false;

	constructor(parts: NodeKeeperParts) {
		this.#parts = parts;
		this.#followed = parts.kubernetes.followNodes({
			onChange: (name) => {
				this.#changed.add(name);
				this.#gathering ??= setTimeout(() => this.#gathered(), parts.gatherMs).unref();
			},
			onTrouble: (error) => parts.onTrouble("the nodes cannot be followed; trying again", error),
		});
	}

	/** Looks at all nodes, whether they changed or not: the fleet may have. Throws KubernetesError while they are not known. */
	async look(): Promise<void> {
		await this.#followed.listed();
		await this.#followed.check();
		const nodes = this.#followed.all();
		for (const name of this.#refused.keys()) if (!this.#followed.get(name)) this.#refused.delete(name);
		await this.#parts.core.submit({ kind: "nodes-seen", nodes });
		for (const { name } of nodes) this.#doubtful.add(name);
		await this.#inTurn(async () => {
			await this.#take();
			await drainNodes(this.#parts, this.#followed);
			await removeLeftNodes(this.#parts, this.#followed);
		});
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		clearTimeout(this.#gathering);
		await this.#followed.stop();
		await this.#inTurn(async () => {});
	}

	#gathered(): void {
		this.#gathering = undefined;
		void this.#inTurn(() => this.#take()).catch((error: unknown) =>
			this.#parts.onTrouble("nodes could not be put right", error),
		);
	}

	async #take(): Promise<void> {
		do {
			const names = [...this.#changed];
			this.#changed.clear();
			if (names.length > 0) {
				const nodes = names.flatMap((name) => this.#followed.get(name) ?? []);
				await this.#parts.core.submit({ kind: "nodes-seen", names, nodes });
				for (const name of names) this.#doubtful.add(name);
			}
			await this.#putRight();
		} while (!this.#stopped && this.#changed.size + this.#doubtful.size > 0);
	}

	async #putRight(): Promise<void> {
		const fleet = this.#parts.core.fleet();
		let left = CHANGES_AT_ONCE;
		for (const name of this.#doubtful) {
			if (left === 0 || this.#stopped) return;
			this.#doubtful.delete(name);
			const node = this.#followed.get(name);
			if (node && (await this.#bring(fleet, node))) left -= 1;
		}
	}

	/** True when the API was asked for a change. */
	async #bring(fleet: Fleet, node: NodeSeen): Promise<boolean> {
		const { kubernetes, standing } = this.#parts;
		const machineId = fleet.nodeNames.get(node.name);
		const machine = machineId === undefined ? undefined : fleet.machines.get(machineId);
		const document = fleet.cluster?.document;
		if (!document || machine?.seat?.nodeName !== node.name) return false;
		try {
			if (node.cordoned) {
				// The machine was to leave, and has its seat again.
				await kubernetes.cordon(node, false);
				return true;
			}
			if (mustRegisterAnew(document, machine, node)) {
				await kubernetes.removeNode(node);
				return true;
			}
			const change = nodeChange(document, { machine, seat: machine.seat }, node, standing());
			if (!change) return false;
			await kubernetes.changeNode(node, change);
			this.#refused.delete(node.name);
			return true;
		} catch (error) {
			// Somebody else changed it or removed it: that is on its way here, and it is looked at again then.
			if (error instanceof KubernetesError && (error.status === 409 || error.status === 404)) return true;
			if (error instanceof KubernetesError && REFUSED.has(error.status)) {
				// It is tried again at the next look; until then it must keep nobody else waiting.
				if (this.#refused.get(node.name) !== error.message)
					this.#parts.onTrouble(`Node ${node.name} cannot be put right`, error);
				this.#refused.set(node.name, error.message);
				return true;
			}
			this.#doubtful.clear();
			throw error;
		}
	}
}

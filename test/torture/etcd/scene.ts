import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { EtcdView } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import type { Running } from "@rollcall/test-support/running";
import {
	type CoordinatorOptions,
	launchCoordinator,
	startCoordinator,
	type TestCoordinator,
} from "../../support/coordinator.ts";
import { startMachine } from "../../support/machine.ts";
import { mountTmpfs } from "../../support/mount.ts";
import { realApiServer } from "./api-server.ts";
import { EtcdClient } from "./client.ts";
import { type Declared, textOf } from "./declared.ts";
import { beat } from "./kubelet.ts";
import { COORDINATOR, COORDINATOR_PORTS, makePlaces, type Place } from "./network.ts";
import { ObjectsClient } from "./objects.ts";
import { memberPrograms } from "./programs.ts";
import { bootOf, type Held, type Seat } from "./seat.ts";
import type { Store } from "./store.ts";
import { Stranded } from "./stranded.ts";
import { REGISTER, Stream } from "./stream.ts";

const [API_PORT, BUS_PORT] = COORDINATOR_PORTS;

/** Below the data folder: etcd's snapshots. */
const SNAPSHOTS = "etcd-snapshots";

/** Disks of their own, so that each can be full by itself. */
const SNAPSHOTS_DISK = "size=256m";
const MACHINE_DISK = "size=1g";

/** What a machine that reboots ends with. */
const REBOOTED = 75;

/** The life of certificates, far shorter than in a real fleet: they are renewed after a third of it. */
export const CERTIFICATE_SECONDS = 150;

type OwnOptions = CoordinatorOptions & { dataFolder: string; natsPort: number };

/** Real members of etcd on rehearsal machines in networks of their own, beside real API servers where `KUBE_BIN` has one; a coordinator, and streams of writes. */
export class EtcdScene {
	declared: Declared;
	readonly seats: Seat[] = [];
	readonly client = new EtcdClient();
	readonly api: TestCoordinator;
	/** Of keys of etcd, and of objects where API servers are real. */
	readonly streams: readonly Stream[];
	coordinator: Running;
	readonly #stores: readonly Store[] = [this.client, ...(realApiServer() ? [new ObjectsClient()] : [])];
	#copy: string | undefined;
	#over = false;
	readonly #scope: Scope;
	readonly #options: OwnOptions;
	readonly #stranded: Stranded;

	private constructor(
		scope: Scope,
		parts: { api: TestCoordinator; options: OwnOptions; declared: Declared; places: readonly Place[] },
	) {
		this.#scope = scope;
		this.#options = parts.options;
		this.api = parts.api;
		this.#stranded = new Stranded(parts.api);
		this.coordinator = parts.api.process;
		this.declared = parts.declared;
		const addresses = parts.places.map(({ address }) => address);
		this.streams = this.#stores.map((store) => new Stream(store, addresses));
		scope.teardown(async () => {
			this.#over = true;
			await Promise.all(this.streams.map((stream) => stream.stop()));
		});
	}

	/**
	 * Starts it all: `machines` of them, of which `members` hold etcd, and waits until these vote. `keep`: gets what the processes say,
	 * whatever comes.
	 */
	static async start(
		scope: Scope,
		wish: { readonly machines: number; readonly members: number },
		keep: (name: string, text: () => string) => void,
	): Promise<EtcdScene> {
		const places = makePlaces(wish.machines);
		const programs = await memberPrograms(ownFolder(scope));
		const declared: Declared = { slot: "control", members: wish.members, revision: 0 };
		const options = {
			host: COORDINATOR,
			document: textOf(declared),
			dataFolder: ownFolder(scope),
			natsPort: BUS_PORT,
			port: API_PORT,
			certificateSeconds: CERTIFICATE_SECONDS,
		};
		mountTmpfs(scope, join(options.dataFolder, SNAPSHOTS), SNAPSHOTS_DISK);
		const api = await startCoordinator(scope, options);
		const self = new EtcdScene(scope, { api, options, declared, places });
		keep("coordinator", () => self.coordinator.output());
		await Promise.all(places.map((place, index) => self.#add(place, `member-${index + 1}`, programs)));
		for (const seat of self.seats) keep(seat.name, () => seat.machine.process.output());
		const views = await eventually("all machines", async () => {
			const all = await api.machines();
			return all.length === wish.machines && all;
		});
		for (const { machineId } of views) await self.label(machineId, "yes");
		await self.settled();
		return self;
	}

	async #add(place: Place, name: string, programs: Readonly<Record<string, string>>): Promise<void> {
		const { before, loopback } = place;
		const root = ownFolder(this.#scope);
		mountTmpfs(this.#scope, root, MACHINE_DISK);
		const machine = await startMachine(this.#scope, this.api, {
			name,
			root,
			loopback,
			before,
			programs,
			coordinatorUrls: [this.api.url],
			rejoinAfter: 10,
		});
		let cutting = false;
		const seat: Seat = {
			name,
			place,
			machine,
			cut: async (seconds) => {
				cutting = true;
				await seat.machine.cutPower();
				await pause(seconds * 1000);
				await this.#boot(seat);
				cutting = false;
			},
		};
		this.seats.push(seat);
		const watch = async (): Promise<void> => {
			while (!this.#over) {
				const { code } = await seat.machine.process.exited;
				if (code === REBOOTED && !cutting && !this.#over) await this.#boot(seat);
				else await pause(200);
			}
		};
		void watch();
	}

	/** Boots a machine whose power is off, as soon as there is a token for it. */
	async #boot(seat: Seat): Promise<void> {
		while (!this.#over) {
			const booted = await seat.machine.bootAgain(this.api, { loopback: seat.place.loopback }).catch(() => undefined);
			if (booted) {
				seat.machine = booted;
				return;
			}
			await pause(300);
		}
	}

	/** Declares another document, as soon as a coordinator leads. False: it was refused. */
	async declare(change: Partial<Declared>): Promise<boolean> {
		const next = { ...this.declared, ...change };
		const { status, body } = await eventually("a coordinator that takes the document", async () => {
			const answer = await this.api.request("PUT", "/v1/cluster", { text: textOf(next) });
			return answer.status === 503 ? undefined : answer;
		});
		if (status === 409 || status === 422) return false;
		if (status >= 300) throw new Error(`PUT /v1/cluster: ${status} ${JSON.stringify(body)}`);
		this.declared = next;
		return true;
	}

	async label(machineId: string, etcd: "yes" | "no"): Promise<boolean> {
		const answer = await this.api.request("POST", `/v1/machines/${machineId}/labels`, { labels: { etcd } });
		return answer.status === 200;
	}

	/** Asks to reboot a machine. Why it was refused; undefined where it was not. */
	async reboot(machineId: string, acceptLoss = false): Promise<string | undefined> {
		const query = acceptLoss ? "?acceptLoss=etcd" : "";
		const path = `/v1/machines/${machineId}/commands${query}`;
		const { status, body } = await this.api.request("POST", path, { kind: "reboot" });
		return status === 200 ? undefined : JSON.stringify(body);
	}

	/** Kills the coordinator, and starts it again after so long; `back`: with the data folder as it was when it was copied, but for newer snapshots of etcd. `whileAway`: done before it starts. */
	async restart(seconds: number, { back = false, whileAway = async () => {} } = {}): Promise<void> {
		await this.coordinator.end("SIGKILL");
		const { dataFolder } = this.#options;
		if (back && this.#copy) {
			const goes = readdirSync(dataFolder).filter((entry) => entry !== SNAPSHOTS);
			for (const entry of goes) rmSync(join(dataFolder, entry), { recursive: true, force: true });
			cpSync(this.#copy, dataFolder, { recursive: true });
		}
		await pause(seconds * 1000);
		await whileAway();
		this.coordinator = launchCoordinator(this.#scope, this.#options);
		await this.answers();
	}

	get snapshotFolder(): string {
		return join(this.#options.dataFolder, SNAPSHOTS);
	}

	/** The names of etcd's snapshots' files. */
	snapshotFiles(): readonly string[] {
		const folder = this.snapshotFolder;
		return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".snapshot")) : [];
	}

	/** Copies the data folder while the coordinator is stopped. */
	async copy(): Promise<void> {
		await this.coordinator.end();
		this.#copy = ownFolder(this.#scope);
		cpSync(this.#options.dataFolder, this.#copy, { recursive: true });
		this.coordinator = launchCoordinator(this.#scope, this.#options);
		await this.answers();
	}

	/** Waits until the coordinator leads. */
	async answers(): Promise<void> {
		await eventually("the coordinator", async () => (await this.api.status()).leader, 60_000, 200);
	}

	/** The machines that hold a seat of etcd, and their places. */
	async members(): Promise<readonly Held[]> {
		const views = await this.api.machines();
		return views
			.filter(({ role }) => role === "control-plane")
			.flatMap((view) => {
				const seat = this.seats.find(({ place }) => view.address === place.address);
				return seat ? [{ view, seat }] : [];
			});
	}

	/** Takes a snapshot. Returns when it was asked for, of the own monotonic clock. */
	async snapshot(): Promise<number> {
		const asked = performance.now();
		await this.api.call("POST", "/v1/etcd/snapshots", {});
		return asked;
	}

	/** Waits until exactly the declared members vote, in etcd as in the log, and all machines are ready that have a seat. Returns the address of one. */
	async settled(): Promise<string> {
		const { members: count } = this.declared;
		return eventually(
			`${count} members that vote`,
			async () => {
				const status = await this.api.status();
				if (status.logDoubt) throw new Error(status.logDoubt);
				const held = await this.members();
				const other = held.find(({ view, seat }) => view.bootId !== bootOf(seat.machine));
				if (other && (await this.#stranded.isNews(other.view.machineId))) await other.seat.cut(0);
				if (other) throw new Error(`${other.view.nodeName} is not known with the boot that it has`);
				const told = held.map(({ view }) => `${view.nodeName} ${view.phase}: ${view.reason}`).join("; ");
				// What a person is told to do.
				for (const { view } of held) if (/etcd took this boot/.test(view.reason)) await this.reboot(view.machineId);
				if (held.length !== count || held.some(({ view }) => view.phase !== "ready")) throw new Error(told);
				const { members } = await this.api.call<EtcdView>("GET", "/v1/etcd");
				if (members.length !== count || members.some(({ votes }) => !votes))
					throw new Error(`the log says ${JSON.stringify(members)}; ${told}`);
				const [first] = held;
				if (!first || !this.#connect(first.seat)) throw new Error(`no credentials; ${told}`);
				const { address } = first.seat.place;
				const listed = await this.client.members(address);
				if (listed.length !== count || listed.some(({ votes }) => !votes))
					throw new Error(`etcd says ${JSON.stringify(listed)}; ${told}`);
				for (const one of held) await this.#read(one);
				return address;
			},
			180_000,
			300,
		);
	}

	/** Waits until everything on a machine answers, also while no coordinator runs: over connections made anew, with the credentials that the machine has now. */
	async answersAt(held: Held): Promise<void> {
		await eventually(`${held.seat.name} to answer`, async () => {
			if (!this.#connect(held.seat)) throw new Error("no credentials");
			await this.#read(held);
			return true;
		});
	}

	#connect({ machine }: Seat): boolean {
		return this.#stores.every((store) => store.read(machine.root));
	}

	/** Each of its stores answers a read that nothing acknowledged may be missing from, and its kubelet is believed where API servers are real. */
	async #read({ view: { nodeName = "" }, seat: { place, machine } }: Held): Promise<void> {
		for (const store of this.#stores) await store.all(place.address, REGISTER);
		if (realApiServer()) await beat(place.address, { root: machine.root, nodeName });
	}
}

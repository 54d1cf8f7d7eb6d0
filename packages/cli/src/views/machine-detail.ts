import { EventSchema, type Facts, type MachineDetail, type MachineView } from "@rollcall/protocol";
import type { Paint } from "../text/colour.ts";
import { ago, durationText } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import { bootLines } from "./boot-table.ts";
import { eventLines } from "./event-line.ts";
import { type Field, fieldLines, labelsText, sizeText } from "./field-list.ts";
import { nameOf } from "./machine-title.ts";
import { markOf, phaseStyle } from "./phase.ts";
import { sourceFields } from "./program-sources.ts";

/** How a machine is shown: in these colours, so wide, at this time. */
export interface DetailOptions {
	readonly paint: Paint;
	readonly width?: number | undefined;
	/** Milliseconds since 1970. */
	readonly now: number;
}

/** What `rollcall show` says about one machine: where it stands, its seat and target, its health, what it is, its latest events. */
export function detailLines(detail: MachineDetail, options: DetailOptions): string[] {
	const { machine } = detail;
	const { paint, width } = options;
	const section = (title: string, lines: readonly string[]) =>
		lines.length === 0 ? [] : ["", paint("bold", title), ...lines.map((line) => `  ${line}`)];
	const inner = width === undefined ? undefined : width - 2;
	const events = detail.events.flatMap(({ event, text }) => {
		const read = EventSchema.safeParse(event);
		return read.success ? [{ event: read.data, text }] : [];
	});
	return [
		[
			paint("bold", printable(nameOf(machine))),
			paint(phaseStyle(machine.phase), machine.phase),
			paint("yellow", markOf(machine)),
		]
			.filter(Boolean)
			.join("  "),
		...fieldLines([...standing(machine, options), ...sourceFields(detail.programs)], paint, width),
		...section("health", healthLines(machine, paint)),
		...section("boot", detail.boot ? bootLines(detail.boot, options.now, paint) : []),
		...section("facts", fieldLines(factFields(detail.facts), paint, inner)),
		...section(
			"latest events",
			events.flatMap(({ event, text }) => eventLines(event, text, { paint, width: inner })),
		),
	];
}

function standing(machine: MachineView, { now }: DetailOptions): Field[] {
	const since = (iso: string) => `${ago(iso, now)} ago (${iso})`;
	const seat =
		machine.slot === undefined
			? "none"
			: `${machine.slot}/${machine.seat ?? 0} of cluster ${machine.cluster ?? "?"}, role ${machine.role ?? "?"}` +
				`${machine.pinned ? ", given by hand" : ""}`;
	const target =
		machine.generation === 0
			? "none"
			: `generation ${machine.generation}, ${machine.progress}${machine.digest ? `, ${machine.digest}` : ""}`;
	return [
		["reason", machine.reason],
		["trust", machine.grade],
		["tpm", machine.tpm && tpmText(machine)],
		...machine.held.map(
			(boot): Field => [
				"waits",
				`boot ${boot.bootId} from ${boot.remote}${boot.allowed ? ", allowed by a person" : ""}: ${boot.reason}`,
			],
		),
		["next", machine.next],
		["id", machine.machineId],
		["kubernetes", machine.node && nodeText(machine.node)],
		["address", machine.address],
		["seat", seat],
		["target", target],
		["lease", machine.lease],
		["clock", clockText(machine.clockOffMs)],
		["approval", machine.approval],
		["labels", labelsText(machine.labels)],
		["boot", machine.bootId],
		["enrolled", since(machine.enrolledAt)],
		["changed", since(machine.changedAt)],
	];
}

/** How a machine's own clock is off; nothing where it is right. */
function clockText(offMs: number | undefined): string | undefined {
	return offMs === undefined
		? undefined
		: `${durationText(Math.abs(offMs))} ${offMs > 0 ? "ahead of" : "behind"} the coordinator's`;
}

/** How Kubernetes sees a node. */
function nodeText({ ready, reason, version, pressure }: NonNullable<MachineView["node"]>): string {
	const state = ready ? "ready" : `not ready: ${reason}`;
	return [`${version}, ${state}`, ...pressure].join(", ");
}

function healthLines(machine: MachineView, paint: Paint): string[] {
	return machine.health.map((part) => {
		const verdict =
			machine.phase === "lost"
				? paint("yellow", "unknown, nothing is heard from it")
				: part.healthy
					? paint("green", "healthy")
					: paint("red", "not healthy");
		return `${printable(part.component)}: ${verdict}${part.reason ? ` (${printable(part.reason)})` : ""}`;
	});
}

function factFields(facts: Facts): Field[] {
	const { smbios } = facts;
	return [
		["host name", facts.hostname],
		[
			"hardware",
			[smbios.vendor, smbios.product, smbios.serial && `serial ${smbios.serial}`].filter(Boolean).join(", "),
		],
		["uuid", smbios.uuid],
		["cpu", `${facts.cpu.count} × ${facts.cpu.model} (${facts.cpu.arch})`],
		[
			"memory",
			`${sizeText(facts.memory.totalBytes)}, ${sizeText(facts.memory.availableBytes)} available when it was asked`,
		],
		["of the system", size(facts.memory.systemBytes)],
		["swap", swapText(facts.memory)],
		["huge pages", size(facts.memory.hugePagesBytes)],
		...facts.nics.map(
			(nic): Field => [
				`nic ${nic.name}`,
				`${nic.mac ?? "no MAC"} ${nic.up ? "up" : "down"}${nic.addresses.length > 0 ? ` ${nic.addresses.join(", ")}` : ""}`,
			],
		),
		["default route", facts.defaultRoute && `${facts.defaultRoute.gateway} on ${facts.defaultRoute.nic}`],
		["dns", facts.dns.servers.join(", ") || "no server"],
		["system", `${facts.os.name}, kernel ${facts.kernel}, cgroup ${facts.cgroupVersion}`],
		...facts.tmpfs.map(
			(room): Field => [`tmpfs ${room.path}`, `${sizeText(room.freeBytes)} free of ${sizeText(room.totalBytes)}`],
		),
		["programs", facts.programs?.map(({ path, version }) => (version ? `${path} ${version}` : path)).join(", ")],
		["modules", facts.modules?.join(" ")],
		["agent", facts.agentVersion],
	];
}

function size(bytes: number | undefined): string | undefined {
	return bytes ? sizeText(bytes) : undefined;
}

function swapText({ swapBytes, zramBytes }: Facts["memory"]): string | undefined {
	return swapBytes ? `${sizeText(swapBytes)}${zramBytes ? `, ${sizeText(zramBytes)} of it zram` : ""}` : undefined;
}

/** Its TPM, and whether this boot proved that it is the one of before. */
function tpmText({ tpm = "", grade }: MachineView): string {
	return `${tpm.slice(0, 16)}, ${grade === "attested" ? "known before and proved by this boot" : "known from now on; the next boot has to prove it"}`;
}

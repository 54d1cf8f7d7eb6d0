import type { Facts, Program } from "@rollcall/protocol";
import { findVersion, type KubernetesVersion } from "./versions.ts";

/** So many minor versions may a kubelet be older than the API server, and never newer (Kubernetes' version skew policy). */
const OLDEST_KUBELET = 3;
/** Programs of one release are in one version. */
const RELEASED_AS: Readonly<Record<string, keyof KubernetesVersion["oldest"]>> = {
	containerd: "containerd",
	"containerd-shim-runc-v2": "containerd",
	ctr: "containerd",
	runc: "runc",
};

/** The operating system's programs that a node of a cluster can use; without a cluster's version all that it has. */
export function ownPrograms({ programs = [] }: Pick<Facts, "programs">, kubernetes?: string): readonly Program[] {
	return programs.filter((program) => misfit(program, kubernetes) === undefined);
}

/** Why the operating system's own program of this name does not count; undefined where it does, or there is none. */
export function misfitOf(
	{ programs = [] }: Pick<Facts, "programs">,
	name: string,
	kubernetes: string,
): string | undefined {
	return programs.filter((program) => program.name === name).flatMap((one) => misfit(one, kubernetes) ?? [])[0];
}

/** A program that does not say its version counts. */
function misfit({ name, version }: Program, kubernetes: string | undefined): string | undefined {
	if (version === undefined || kubernetes === undefined) return undefined;
	if (name === "kubelet") return skewed(version, kubernetes);
	const release = RELEASED_AS[name];
	const oldest = release && findVersion(kubernetes)?.oldest[release];
	if (oldest === undefined || !isOlder(version, oldest)) return undefined;
	return `its own ${version} is older than ${oldest}, which Kubernetes ${kubernetes} needs`;
}

function skewed(version: string, kubernetes: string): string | undefined {
	const [own, declared] = [minorOf(version), minorOf(kubernetes)];
	if (own === undefined || declared === undefined) return undefined;
	const oldest = declared - OLDEST_KUBELET;
	if (own >= oldest && own <= declared) return undefined;
	return `its own ${version} is not of 1.${oldest} to 1.${declared}, which Kubernetes ${kubernetes} takes`;
}

function minorOf(version: string): number | undefined {
	const minor = /^v?1\.(\d+)(?!\d)/.exec(version)?.[1];
	return minor === undefined ? undefined : Number(minor);
}

/** A candidate (`-rc93`, Debian's `~rc93`) comes before its release; what distributions add behind a release counts as that. */
function isOlder(version: string, oldest: string): boolean {
	const [, text = "", end = ""] = /^v?(\d+\.\d+(?:\.\d+)?)(.*)$/.exec(version) ?? [];
	if (text === "") return false;
	const [own, least] = [numbersOf(text), numbersOf(oldest)];
	const differs = least.findIndex((number, index) => (own[index] ?? 0) !== number);
	return differs < 0 ? /^[-~](?:alpha|beta|rc)/.test(end) : (own[differs] ?? 0) < (least[differs] ?? 0);
}

function numbersOf(version: string): number[] {
	return version.split(".").map(Number);
}

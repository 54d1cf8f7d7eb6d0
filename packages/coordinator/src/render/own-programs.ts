import type { Facts, Program } from "@rollcall/protocol";

/** So many minor versions may a kubelet be older than the API server, and never newer (Kubernetes' version skew policy). */
const OLDEST_KUBELET = 3;

/** The operating system's programs that a node of a cluster can use; without a cluster's version all that it has. */
export function ownPrograms({ programs = [] }: Pick<Facts, "programs">, kubernetes?: string): readonly Program[] {
	return programs.filter((program) => misfit(program, kubernetes) === undefined);
}

/** Why the operating system's own program does not count, behind its name; nothing where that is not why it is missing. */
export function misfitText({ programs = [] }: Pick<Facts, "programs">, name: string, kubernetes: string): string {
	const why = programs.filter((program) => program.name === name).flatMap((one) => misfit(one, kubernetes) ?? []);
	return why.length > 0 ? ` (${why[0]})` : "";
}

function misfit({ name, version }: Program, kubernetes: string | undefined): string | undefined {
	const [own, declared] = [minorOf(version), minorOf(kubernetes)];
	if (name !== "kubelet" || own === undefined || declared === undefined) return undefined;
	const oldest = declared - OLDEST_KUBELET;
	if (own >= oldest && own <= declared) return undefined;
	return `its own ${version} is not of 1.${oldest} to 1.${declared}, which Kubernetes ${kubernetes} takes`;
}

function minorOf(version: string | undefined): number | undefined {
	const minor = /^v?1\.(\d+)(?!\d)/.exec(version ?? "")?.[1];
	return minor === undefined ? undefined : Number(minor);
}

import { networkInterfaces } from "node:os";
import type { Facts } from "@rollcall/protocol";
import type { AgentConfig } from "../../config.ts";
import type { FactsReader } from "../../ports.ts";
import { VERSION } from "../../version.ts";
import { readCpu, readMemory, readTmpfs } from "./capacity.ts";
import { type Addresses, readNics } from "./nics.ts";
import { createSource } from "./read-text.ts";
import { readRoutes } from "./routes.ts";
import { readSmbios } from "./smbios.ts";
import { readBootId, readCgroupVersion, readDns, readHostname, readKernel, readOs } from "./system.ts";

/** Reads facts below the configured root. What is strange or missing is left out; only a missing boot id throws. */
export function createFactsReader(config: Pick<AgentConfig, "root" | "rehearsal">): FactsReader {
	const root = config.root === "/" ? "/" : config.root.replace(/\/+$/, "");
	const source = createSource(root);
	return {
		async read(): Promise<Facts> {
			const { rehearsal } = config;
			const memory = readMemory(source);
			const nics = readNics(source, rehearsal ? declared(rehearsal.interfaces) : present());
			return {
				bootId: readBootId(source),
				hostname: readHostname(source),
				smbios: readSmbios(source),
				cpu: readCpu(source),
				memory,
				nics,
				...readRoutes(
					source,
					nics.map((nic) => nic.name),
				),
				dns: readDns(source),
				os: readOs(source),
				kernel: readKernel(source),
				cgroupVersion: readCgroupVersion(source),
				tmpfs: readTmpfs(root, rehearsal ? memory.totalBytes : undefined),
				agentVersion: VERSION,
				rehearsal: rehearsal !== undefined,
			};
		},
	};
}

/** Link-local addresses are left out: they name no machine. */
function present(): Addresses {
	const entries = Object.entries(networkInterfaces()).map(([name, addresses = []]) => {
		const cidrs = addresses.flatMap((address) => (address.internal ? [] : (address.cidr ?? [])));
		return [name, cidrs.filter((cidr) => !/^fe[89ab]/i.test(cidr))] as const;
	});
	return new Map(entries);
}

function declared(interfaces: readonly { name: string; addresses: readonly string[] }[]): Addresses {
	return new Map(interfaces.map(({ name, addresses }) => [name, addresses]));
}

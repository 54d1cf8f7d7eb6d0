import { networkInterfaces } from "node:os";
import { definedFields, type Facts, type Mac } from "@rollcall/protocol";
import type { AgentConfig } from "../../config.ts";
import type { FactsReader } from "../../ports.ts";
import { VERSION } from "../../version.ts";
import { readCpu, readMemory } from "./capacity.ts";
import { readModules } from "./modules.ts";
import { type Addresses, readMacs, readNics } from "./nics.ts";
import { readOutsideRam } from "./outside-ram.ts";
import { askPermanentMacs } from "./permanent-macs.ts";
import { createPrograms, hasBridgeTool } from "./programs.ts";
import { createSource } from "./read-text.ts";
import { readDns } from "./resolver.ts";
import { readRoutes } from "./routes.ts";
import { readBootId, readCgroupVersion, readHostname, readKernel, readOs, readSmbios } from "./system.ts";
import { type SystemShare, withSystemShare } from "./system-share.ts";
import { readTimeService } from "./time-service.ts";
import { readTmpfs } from "./tmpfs.ts";

/**
 * Reads facts below the configured root. What is strange or missing is left out; only a missing boot id throws. Programs, modules
 * and `share` are told of machines only: a rehearsal has stand-ins for what they are for.
 */
export function createFactsReader(
	config: Pick<AgentConfig, "root" | "rehearsal">,
	share: SystemShare | undefined = undefined,
): FactsReader {
	const root = config.root === "/" ? "/" : config.root.replace(/\/+$/, "");
	const source = createSource(root);
	const findPrograms = root === "/" ? createPrograms() : async () => undefined;
	return {
		async read(own = new Set()): Promise<Facts> {
			const { rehearsal } = config;
			const memory = readMemory(source);
			const nics = readNics(source, rehearsal ? declared(rehearsal.interfaces) : present());
			const kernel = readKernel(source);
			const [programs, told] = await Promise.all([
				findPrograms(),
				root === "/" ? askPermanentMacs() : new Map<string, Mac>(),
			]);
			const outsideRam = root === "/" ? readOutsideRam(source) : undefined;
			const modules = rehearsal ? undefined : readModules(root, source, kernel);
			const facts: Facts = {
				bootId: readBootId(source),
				hostname: readHostname(source),
				smbios: readSmbios(source),
				cpu: readCpu(source),
				memory,
				nics,
				macs: readMacs(source, told),
				...readRoutes(
					source,
					nics.map((nic) => nic.name),
					own,
				),
				dns: readDns(source),
				os: readOs(source),
				kernel,
				cgroupVersion: readCgroupVersion(source),
				tmpfs: readTmpfs(root, source, rehearsal ? memory.totalBytes : undefined),
				...definedFields({ timeService: readTimeService(source) }),
				...(programs ? { programs, bridgeTool: hasBridgeTool() } : {}),
				...(modules ? { modules } : {}),
				...(outsideRam ? { outsideRam } : {}),
				agentVersion: VERSION,
				rehearsal: rehearsal !== undefined,
			};
			return share && !rehearsal ? withSystemShare(facts, share) : facts;
		},
	};
}

/** Link-local and loopback addresses are left out: they name no machine. The loopback interface may have others. */
function present(): Addresses {
	const entries = Object.entries(networkInterfaces()).map(([name, addresses = []]) => {
		const cidrs = addresses.flatMap(({ cidr }) => cidr ?? []);
		return [name, cidrs.filter((cidr) => !/^(?:fe[89ab]|127\.|::1\/)/i.test(cidr))] as const;
	});
	return new Map(entries);
}

function declared(interfaces: readonly { name: string; addresses: readonly string[] }[]): Addresses {
	return new Map(interfaces.map(({ name, addresses }) => [name, addresses]));
}

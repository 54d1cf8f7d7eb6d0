import { isIPv4 } from "node:net";
import { systemReason } from "@rollcall/protocol";
import { type DhcpClient, type DhcpOffer, discoverDhcp } from "./dhcp-discover.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";
import type { Interface } from "./interfaces.ts";
import { machinesInterface, type Place } from "./places.ts";
import { tftpFault } from "./tftp.ts";

const { ok, warn, fail } = findingsOf("dhcp");

/** Who answers machines on their network, and where that leads. `told`: the boot listener's URL; `wished`: an interface that was named. */
export async function dhcpFindings(
	places: readonly Place[],
	interfaces: readonly Interface[],
	wished: string | undefined,
): Promise<DoctorFinding[]> {
	const name = wished ?? machinesInterface(places, interfaces)?.name;
	if (name === undefined) {
		const next = "name the machines' interface with --interface, or give the coordinator an address on it";
		return [warn("not looked for: no interface of this computer has an address that machines are told", next)];
	}
	const address = interfaces.find((one) => one.name === name)?.addresses.find(isIPv4);
	if (address === undefined) {
		const there = interfaces
			.map((one) => one.name)
			.slice(0, 16)
			.join(", ");
		return [warn(`not looked for: ${name} has no IPv4 address here`, `name one of ${there} with --interface`)];
	}
	let offers: DhcpOffer[];
	try {
		offers = await discoverDhcp(address);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const rights = code === "EACCES" || code === "EPERM";
		const why = rights ? "only root may ask as a machine does (port 68)" : `port 68: ${systemReason(error)}`;
		return [
			warn(`not looked for on ${name}: ${why}`, rights ? "run this as root" : "end what has that port meanwhile"),
		];
	}
	const boot = places.find(({ what }) => what === "boot listener")?.url?.replace(/\/+$/, "");
	return [...addresses(name, address, offers, boot), ...(boot ? await bootOffers(name, offers, boot) : [])];
}

function addresses(name: string, own: string, offers: readonly DhcpOffer[], boot = "URL"): DoctorFinding[] {
	const givers = [...new Set(offers.filter((offer) => offer.address).map(({ server }) => server))];
	const [only] = givers;
	if (only === undefined) {
		const network = own.replace(/\.\d+$/, "");
		const next = `start one; for a network that has none: \`rollcall render dnsmasq --mode full --url ${boot} --range ${network}.100-${network}.200 --interface ${name}\``;
		return [fail(`nobody on ${name} gave an address within 6 s`, next)];
	}
	if (givers.length > 1) {
		const next = "leave one of them; beside a server that stays, dnsmasq runs with --mode proxy";
		return [warn(`${givers.length} servers give addresses on ${name}: ${givers.join(", ")}`, next)];
	}
	return [ok(`${only} gives addresses on ${name}`)];
}

async function bootOffers(name: string, offers: readonly DhcpOffer[], boot: string): Promise<DoctorFinding[]> {
	const script = `${boot}/boot.ipxe`;
	const next = `\`rollcall render dnsmasq --mode proxy --url ${boot}\` beside the DHCP server, or its lines from \`rollcall render dhcpd\` or \`rollcall render kea\``;
	const said = (to: DhcpClient) => offers.filter((offer) => offer.to === to && (offer.file !== "" || offer.leadsOn));
	const found: DoctorFinding[] = [];
	const leads = said("iPXE").filter(({ file }) => file !== "");
	const wrong = leads.find(({ file }) => file !== script);
	if (wrong) found.push(fail(`${wrong.server} leads iPXE on ${name} to ${wrong.file}, not to ${script}`, next));
	else if (leads.length > 0) found.push(ok(`iPXE on ${name} is led to ${script}`));
	else if (said("iPXE").length === 0) found.push(fail(`nobody on ${name} leads iPXE to ${script}`, next));
	for (const client of ["BIOS", "UEFI"] as const) {
		const [loader] = said(client);
		if (!loader) {
			found.push(
				warn(`firmware (${client}) on ${name} is given nothing to load; only machines with iPXE in them boot`, next),
			);
			continue;
		}
		if (loader.file === "") {
			found.push(ok(`firmware (${client}) on ${name} is led on by the proxy ${loader.server}`));
			continue;
		}
		const server = isIPv4(loader.nextServer) && loader.nextServer !== "0.0.0.0" ? loader.nextServer : loader.server;
		const fault = await tftpFault(server, loader.file);
		const what = `firmware (${client}) on ${name} loads ${loader.file} from ${server}`;
		const put = "put it below the TFTP server's root (Debian's package ipxe has it), or correct the name";
		found.push(fault === undefined ? ok(what) : fail(`${what}, which does not work: ${fault}`, put));
	}
	return found;
}

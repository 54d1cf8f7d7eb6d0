import { addressAt, type Network } from "@rollcall/protocol";

/** The tenth address of the service network, as everywhere. */
const DNS_INDEX = 10;

/** The address of the cluster's DNS, for kubelet's configuration and CoreDNS' service. */
export function clusterDns(services: Network): string {
	return addressAt(services, DNS_INDEX);
}

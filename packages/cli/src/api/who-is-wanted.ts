import type { Problem } from "@rollcall/protocol";
import type { Connection } from "../configuration/connection.ts";

const TOKEN = "give a token with --token-file or $ROLLCALL_TOKEN_FILE";
const CERTIFICATE = "`rollcall context add NAME --server URL --client-cert FILE --client-key FILE` keeps a certificate";

/**
 * A refusal of who asks, in words of this computer: where the token or the certificate is from. What the coordinator takes, and what is wrong
 * with a certificate that it saw, only it can say.
 */
export function whoIsWanted(problem: Problem, { server, token, tokenOrigin, client }: Connection): Problem {
	if (token !== undefined)
		return {
			...problem,
			message: `${server} refused the token from ${tokenOrigin}`,
			next: "give a usable one with --token-file or $ROLLCALL_TOKEN_FILE",
		};
	const takesCertificates = /certificate/.test(problem.message);
	if (client === undefined)
		return takesCertificates
			? { ...problem, message: `${server} wants a token or a certificate`, next: `${TOKEN}; ${CERTIFICATE}` }
			: { ...problem, message: `${server} wants a token`, next: TOKEN };
	if (takesCertificates && !/nor a certificate/.test(problem.message)) return problem;
	return {
		...problem,
		message: takesCertificates
			? `the certificate ${client.origin} did not reach ${server}`
			: `${server} takes no certificates, so that ${client.origin} does not count; it wants a token`,
		next: takesCertificates
			? `what stands between, such as a proxy that ends TLS, has to leave the connection alone; or ${TOKEN}`
			: `${TOKEN}; certificates count once tls.clientAuthorities of the coordinator's configuration names who issues them`,
	};
}

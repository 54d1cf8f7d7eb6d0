import type { ApiScope, LoginView, Reach } from "@rollcall/protocol";

/** A person who signed in with a provider, or has a certificate, as far as the API needs him. */
export interface Person {
	/** `oidc:` and the name that the provider gives him, or `cert:` and that of his certificate, so that nobody is called as a token is. */
	readonly name: string;
	readonly scope: ApiScope;
	readonly reach?: Reach;
	/** When his token or certificate ends, in milliseconds since 1970. */
	readonly until: number;
}

/** Who signs in with an OpenID provider. */
export interface People {
	/** What a program needs to sign somebody in. */
	readonly login: LoginView;
	/** Whose token this is. Throws SignInRefused. */
	verify(token: string): Promise<Person>;
}

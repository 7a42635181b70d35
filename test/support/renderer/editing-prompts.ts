import type { Prompt, SignInDetails } from '../../../src/shared/model/prompt.ts';

/** Questions as the pictures of the design show them. */
export const serverKey = 'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDvfeuZ1LmPdKxj0Ag';

export function promptOf(over: Partial<Prompt> = {}): Prompt {
  return {
    id: '1',
    kind: 'host-key',
    tunnels: ['postgres-prod'],
    host: 'db-prod',
    hop: 'bastion',
    address: '203.0.113.7:22',
    user: 'dmitri',
    message: '',
    fields: [],
    hostKey: {
      keyType: 'ED25519',
      fingerprint: serverKey,
      randomart: '+--[ED25519 256]--+\n|      .o+.       |\n|     . =o        |\n+----[SHA256]-----+',
      otherNames: [],
      remoteAddress: null,
      file: '/home/dmitri/.ssh/known_hosts',
    },
    round: 1,
    signIn: null,
    elsewhere: null,
    addresses: [],
    mayRemember: false,
    askedAtMs: Date.now(),
    ...over,
  };
}

export function signInOf(over: Partial<SignInDetails> = {}): SignInDetails {
  return {
    serverText:
      'Duo two-factor login for dmitri\n\nEnter a passcode or select one of the following options:\n 1. Duo Push to XXX-XXX-4417\n 2. Phone call to XXX-XXX-4417',
    keyFile: null,
    accepted: ['publickey'],
    triesLeft: 3,
    refused: null,
    ...over,
  };
}

/** A login that is finished in a browser. */
export function elsewherePrompt(over: Partial<Prompt> = {}): Prompt {
  const serverText = `To finish the login of dmitri, open this page in your browser and approve:\n\n  ${elsewhereAddress}\n\nWaiting...`;
  return promptOf({
    id: '5',
    kind: 'confirm',
    tunnels: ['analytics-eu', 'metrics-eu'],
    host: 'bastion-eu',
    hop: 'bastion-eu',
    hostKey: null,
    message: `bastion-eu waits for you: ${serverText}`,
    elsewhere: { serverText },
    addresses: [elsewhereAddress],
    ...over,
  });
}

export const elsewhereAddress =
  'https://login.example.org/headless/7f5e0a3c-9b1d-4c7e-a2f4-0d6b8e1c5a90?request=approve&device=laptop';

export function codePrompt(over: Partial<Prompt> = {}): Prompt {
  return promptOf({
    id: '2',
    kind: 'otp',
    tunnels: ['analytics-eu', 'metrics-eu'],
    host: 'bastion-eu',
    hop: 'bastion-eu',
    hostKey: null,
    message:
      'Duo two-factor login for dmitri\n\nEnter a passcode or select one of the following options:\n 1. Duo Push to XXX-XXX-4417\n 2. Phone call to XXX-XXX-4417',
    fields: [{ label: 'Passcode or option (1-2): ', echo: true }],
    signIn: signInOf(),
    askedAtMs: Date.now() - 18_000,
    ...over,
  });
}

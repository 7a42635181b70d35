import type { ReactNode } from 'react';
import { HostPage } from './features/editor/host-editor.tsx';
import { TunnelEditor } from './features/editor/tunnel-editor.tsx';
import { AboutPage } from './features/pages/about-page.tsx';
import { CredentialsPage } from './features/pages/credentials-page.tsx';
import { FirstRunPage } from './features/pages/first-run-page.tsx';
import { KnownHostsPage } from './features/pages/known-hosts-page.tsx';
import { SettingsPage } from './features/pages/settings-page.tsx';
import { PromptLayer } from './features/prompts/prompt-layer.tsx';
import { go, type Route } from './store/route.ts';

/** A route `edit` with this before the name is of a host; names have no colon. */
const hostMark = 'host:';

/** The pages beside the tunnels (editor, settings and the like) by route; null: not one of theirs. */
export function pageFor(route: Route): ReactNode {
  switch (route.page) {
    case 'new':
      return <TunnelEditor key={`new ${route.command ?? ''}`} name={null} command={route.command} />;
    case 'edit': {
      if (!route.name.startsWith(hostMark)) return <TunnelEditor key={route.name} name={route.name} command={null} />;
      const host = route.name.slice(hostMark.length);
      return <HostPage key={route.name} name={host === '' ? null : host} onDone={() => go({ page: 'settings' })} />;
    }
    case 'settings':
      return <SettingsPage />;
    case 'known-hosts':
      return <KnownHostsPage />;
    case 'credentials':
      return <CredentialsPage />;
    case 'first-run':
      return <FirstRunPage />;
    case 'about':
      return <AboutPage />;
    case 'tunnels':
    case 'logins':
    case 'activity':
      return null;
    default:
      return route satisfies never;
  }
}

/** In the panel, questions show as dialogs over the page (the desktop app has windows for them); changed keys do in both. */
export function PromptSlot(): ReactNode {
  return <PromptLayer />;
}

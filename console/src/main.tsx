import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './styles/shell.css';
import './styles/lists.css';
import './styles/parts.css';
import './styles/small.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { queryClient } from './api/client';
import { useSession } from './api/session';
import { router } from './routes';
import { SignIn } from './shell/sign-in';
import { readableColors, theme } from './theme';

/** The style elements that the component library makes are allowed by it, and no others. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
setNonce(nonce);

function Console() {
  const { key } = useSession();
  return key === undefined ? <SignIn /> : <RouterProvider router={router} />;
}

const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={readableColors}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <Notifications position="bottom-left" />
        <QueryClientProvider client={queryClient}>
          <Console />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );

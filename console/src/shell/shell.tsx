import {
  ActionIcon,
  Burger,
  Button,
  Drawer,
  Group,
  Kbd,
  Menu,
  NavLink,
  Text,
  Tooltip,
  useMantineColorScheme,
} from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { BookOpen, LogOut, Moon, Search, Sun } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, Outlet, useLocation, useNavigation } from 'react-router';
import { queryClient } from '../api/client';
import { useEnvironment } from '../api/environment';
import { signOut } from '../api/session';
import { formatInstant, formatUtc } from '../format/time';
import { NAVIGATION } from './nav';
import { Palette } from './palette';

/** As it is written on the reader's keyboard. */
const SHORTCUT = /mac|iphone|ipad/i.test(navigator.userAgent) ? '⌘ K' : 'Ctrl K';

export function Shell(): ReactNode {
  const [menuOpen, setMenuOpen] = useState(false);
  const { pathname } = useLocation();
  const content = useRef<HTMLElement>(null);
  const loading = useNavigation().state === 'loading';
  useEffect(() => {
    setMenuOpen(false);
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <div className="shell">
      <a
        className="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          content.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <EnvironmentBar />
      <header className="top">
        <Group gap="sm" wrap="nowrap">
          <Burger
            className="phone-only"
            size="sm"
            opened={menuOpen}
            onClick={() => {
              setMenuOpen(true);
            }}
            aria-label="Open the navigation"
          />
          <Link to="/" className="brand">
            Billing
          </Link>
        </Group>
        <Button
          variant="default"
          className="find"
          leftSection={<Search size={16} aria-hidden />}
          rightSection={
            <Kbd className="wide-only" aria-hidden>
              {SHORTCUT}
            </Kbd>
          }
          onClick={spotlight.open}
        >
          <span className="find-text">Find a customer, an invoice, a page</span>
        </Button>
        <Group gap={4} wrap="nowrap">
          <SchemeSwitch />
          <Tooltip label="API documentation">
            <ActionIcon
              component="a"
              href="/docs"
              variant="subtle"
              color="gray"
              aria-label="API documentation"
            >
              <BookOpen size={18} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Sign out">
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Sign out"
              onClick={() => {
                queryClient.clear();
                signOut();
              }}
            >
              <LogOut size={18} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </header>
      <aside className="side wide-only">
        <Navigation />
      </aside>
      <Drawer
        opened={menuOpen}
        onClose={() => {
          setMenuOpen(false);
        }}
        size="xs"
        title="Navigation"
        closeButtonProps={{ 'aria-label': 'Close the navigation' }}
      >
        <Navigation />
      </Drawer>
      <main id="content" ref={content} tabIndex={-1} aria-busy={loading}>
        <Outlet />
      </main>
      <Palette />
    </div>
  );
}

function Navigation(): ReactNode {
  const { pathname } = useLocation();
  const isHere = (to: string): boolean => (to === '/' ? pathname === '/' : pathname.startsWith(to));
  return (
    <nav aria-label="Main">
      {NAVIGATION.map(({ title, items }, index) => (
        <div key={index} className="nav-group">
          {title !== undefined && (
            <Text size="xs" c="dimmed" fw={600} px="xs" pb={2}>
              {title}
            </Text>
          )}
          {items.map(({ to, label, icon: Icon }) => (
            <NavLink
              key={to}
              component={Link}
              to={to}
              label={label}
              leftSection={<Icon size={17} aria-hidden />}
              active={isHere(to)}
              aria-current={isHere(to) ? 'page' : undefined}
              className="nav-link"
            />
          ))}
        </div>
      ))}
    </nav>
  );
}

/** Nobody should take one for the other: a test environment has a band of its own colour, and says its time. */
function EnvironmentBar(): ReactNode {
  const environment = useEnvironment();
  if (environment === undefined) return <div className="environment" data-kind="none" />;
  const moved = Math.abs(new Date(environment.now).getTime() - Date.now()) > 60_000;
  return (
    <div className="environment" data-kind={environment.type}>
      {environment.type === 'live' ? 'Live environment' : 'Test environment'}
      {environment.name.toLowerCase() === environment.type ? '' : `: ${environment.name}`}
      {moved && (
        <span title={formatUtc(environment.now)}> · its clock says {formatInstant(environment.now)}</span>
      )}
    </div>
  );
}

function SchemeSwitch(): ReactNode {
  const { setColorScheme, colorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Light or dark">
          {colorScheme === 'dark' ? <Moon size={18} /> : <Sun size={18} />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(['light', 'dark', 'auto'] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            onClick={() => {
              setColorScheme(scheme);
            }}
          >
            {{ light: 'Light', dark: 'Dark', auto: 'As the system' }[scheme]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

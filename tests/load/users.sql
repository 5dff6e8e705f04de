-- A million users, the newest last, with realistic names and addresses: a few frequent given names, five thousand family
-- names of about 200 people each, and a few domains. An empty line separates the statements.
SELECT setseed(0.5);

-- Updating the indexes row by row would take minutes, so they are created afterwards.
CREATE TABLE kept AS SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'users' AND indexname LIKE 'ix_%';

DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT indexname FROM kept LOOP EXECUTE format('DROP INDEX %I', name); END LOOP;
END $$;

INSERT INTO users (id, created_at, updated_at, email, password_hash, full_name, role, is_active, token_version)
SELECT
    gen_random_uuid(),
    now() - (1000000 - i) * interval '37 seconds',
    now() - random() * (1000000 - i) * interval '37 seconds',
    lower(given || '.' || family) || i || '@' || domain,
    '$argon2id$v=19$m=19456,t=2,p=1$' || encode(sha256(i::text::bytea), 'base64'),
    CASE
        WHEN i <= 5000 THEN given || ' Methuselah ' || family
        WHEN i = 654321 THEN 'Zebulon Quixworth'
        ELSE given || ' ' || family
    END,
    'user',
    random() < 0.97,
    0
FROM (
    SELECT
        i,
        -- The square makes the first names of the list the frequent ones: Maria is one in twenty.
        given_names[1 + floor(array_length(given_names, 1) * random() ^ 1.4)::int] AS given,
        starts[1 + floor(20 * random())::int] || middles[1 + floor(25 * random())::int]
            || ends[1 + floor(10 * random())::int] AS family,
        domains[1 + floor(5 * random() ^ 2)::int] AS domain
    FROM
        generate_series(1, 1000000) AS i,
        (
            SELECT
                '{Maria,Anna,John,Ada,Grace,Alan,Linus,Barbara,Edsger,Donald,Margaret,Dennis,Radia,Ken,Frances,Tim,
                Hedy,Claude,Katherine,Niklaus,Joan,Guido,Shafi,Leslie,Sophie,Yukihiro,Karen,Bjarne,Lynn,James,Adele,
                Brian,Evelyn,Ivan,Mary,Tony,Jean,Robin,Elena,Peter,Fatima,Chen,Amara,Diego,Ingrid,Kofi,Mei,Omar,Priya,
                Sven,Tariq,Uma,Viktor,Wanda,Ximena,Yara,Zoltan,Björn,Chloé,Łukasz}'::text[] AS given_names,
                '{Al,Ber,Car,Dan,Er,Fal,Gor,Hal,Is,Jen,Kar,Lov,Mor,Nor,Os,Per,Ros,Sal,Tor,Wal}'::text[] AS starts,
                '{a,an,ber,bo,de,den,di,el,en,fa,ga,gen,hol,i,la,len,ma,men,ne,o,ra,ser,ta,ver,wi}'::text[] AS middles,
                '{berg,dale,feld,ford,ham,holm,ley,man,sen,son}'::text[] AS ends,
                '{example.com,example.org,mail.example.net,example.net,post.example.org}'::text[] AS domains
        ) AS words
) AS people;

SET maintenance_work_mem = '512MB';

DO $$ DECLARE definition text; BEGIN
    FOR definition IN SELECT indexdef FROM kept LOOP EXECUTE definition; END LOOP;
END $$;

DROP TABLE kept;

VACUUM (ANALYZE) users;

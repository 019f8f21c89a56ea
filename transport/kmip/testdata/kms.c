/* A client of KMIP as MongoDB's drivers have it: the requests and the answers of libkms_message. What is said goes through files: the
   test has the connection.

     kms register FILE       the request to keep what FILE holds
     kms activate ID
     kms get ID
     kms id FILE             the identifier in an answer
     kms secret FILE         the secret in an answer */
#include <kms_message/kms_message.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
fail (const char *what)
{
   fprintf (stderr, "%s\n", what);
   exit (1);
}

static size_t
load (const char *name, uint8_t *to, size_t most)
{
   FILE *f = fopen (name, "rb");
   if (!f)
      fail ("no such file");
   size_t n = fread (to, 1, most, f);
   fclose (f);
   return n;
}

static void
say (kms_request_t *r)
{
   size_t n;
   const uint8_t *b = kms_request_to_bytes (r, &n);
   if (!b)
      fail (kms_request_get_error (r));
   fwrite (b, 1, n, stdout);
   kms_request_destroy (r);
}

static void
hear (const char *what, const char *name)
{
   static uint8_t b[65536];
   size_t n = load (name, b, sizeof b);
   kms_response_parser_t *p = kms_kmip_response_parser_new (NULL);
   size_t at = 0;
   for (int want; (want = kms_response_parser_wants_bytes (p, 1024)) > 0 && at < n;) {
      size_t m = n - at < (size_t) want ? n - at : (size_t) want;
      if (!kms_response_parser_feed (p, b + at, (uint32_t) m))
         fail (kms_response_parser_error (p));
      at += m;
   }
   kms_response_t *r = kms_response_parser_get_response (p);
   if (!r)
      fail ("the answer is not whole");
   if (!strcmp (what, "id")) {
      char *id = kms_kmip_response_get_unique_identifier (r);
      if (!id)
         fail (kms_response_get_error (r));
      printf ("%s", id);
      free (id);
   } else {
      size_t len;
      uint8_t *secret = kms_kmip_response_get_secretdata (r, &len);
      if (!secret)
         fail (kms_response_get_error (r));
      fwrite (secret, 1, len, stdout);
      free (secret);
   }
   kms_response_destroy (r);
   kms_response_parser_destroy (p);
}

int
main (int argc, char **argv)
{
   static uint8_t b[4096];
   if (argc != 3)
      fail ("usage: kms register|activate|get|id|secret WHAT");
   if (!strcmp (argv[1], "register"))
      say (kms_kmip_request_register_secretdata_new (NULL, b, load (argv[2], b, sizeof b)));
   else if (!strcmp (argv[1], "activate"))
      say (kms_kmip_request_activate_new (NULL, argv[2]));
   else if (!strcmp (argv[1], "get"))
      say (kms_kmip_request_get_new (NULL, argv[2]));
   else
      hear (argv[1], argv[2]);
   return 0;
}
